//! A QR code (ISO/IEC 18004) of a booking's reference, as a picture that every mail program shows.

use png::{BitDepth, ColorType, Encoder};
use qrcode::{Color, EcLevel, QrCode};

use super::error::MailError;

/// Pixels to a module: a reference makes 21 modules, and the picture stays sharp when doubled.
const SCALE: usize = 8;

/// The quiet zone that the standard asks for, in modules.
const QUIET: usize = 4;

/// A PNG, black on white whatever the mail's colours are: scanners need the contrast.
pub fn draw_qr_code(text: &str) -> Result<Vec<u8>, MailError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| MailError::Picture(error.to_string()))?;
    let n_modules = code.width();
    let side = (n_modules + 2 * QUIET) * SCALE;
    let is_dark = |x: usize, y: usize| {
        let (x, y) = (
            (x / SCALE).wrapping_sub(QUIET),
            (y / SCALE).wrapping_sub(QUIET),
        );
        x < n_modules && y < n_modules && code[(x, y)] == Color::Dark
    };
    let mut pixels = vec![0xff_u8; side.div_ceil(8) * side];
    for y in 0..side {
        for x in (0..side).filter(|x| is_dark(*x, y)) {
            pixels[y * side.div_ceil(8) + x / 8] &= !(0x80 >> (x % 8));
        }
    }
    write_png(side, &pixels).map_err(|error| MailError::Picture(error.to_string()))
}

fn write_png(side: usize, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}
