//! Mails that are kept in a folder, read back for the development page.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mail_parser::{Address, DateTime, MessageParser, MimeHeaders};
use uuid::Uuid;

/// Limit: mails in the list.
const LISTED_MAX: usize = 200;

/// A mail as the page shows it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Shown {
    pub name: Uuid,
    pub subject: String,
    pub from: String,
    pub to: String,
    pub date: String,
    pub text: String,
    /// With its pictures in it.
    #[serde(skip)]
    pub html: String,
    pub files: Vec<ShownFile>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct ShownFile {
    pub name: String,
    pub content_type: String,
    pub n_bytes: usize,
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// The newest mails, newest first.
pub async fn list(folder: &Path) -> std::io::Result<Vec<Shown>> {
    let mut found: Vec<(std::time::SystemTime, Uuid)> = Vec::new();
    let mut entries = match tokio::fs::read_dir(folder).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    while let Some(entry) = entries.next_entry().await? {
        let file = entry.file_name().to_string_lossy().into_owned();
        let name = file.strip_suffix(".eml").and_then(|name| name.parse().ok());
        if let Some(name) = name {
            found.push((entry.metadata().await?.modified()?, name));
        }
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    let mut mails = Vec::new();
    for (_, name) in found.into_iter().take(LISTED_MAX) {
        mails.extend(read(folder, name).await?);
    }
    Ok(mails)
}

/// One of them; none where it is not there or cannot be read as a mail.
pub async fn read(folder: &Path, name: Uuid) -> std::io::Result<Option<Shown>> {
    match tokio::fs::read(path_of(folder, name)).await {
        Ok(bytes) => Ok(shown(name, &bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn path_of(folder: &Path, name: Uuid) -> PathBuf {
    folder.join(format!("{name}.eml"))
}

fn shown(name: Uuid, bytes: &[u8]) -> Option<Shown> {
    let mail = MessageParser::default().parse(bytes)?;
    let mut html = mail.body_html(0).unwrap_or_default().into_owned();
    let mut files = Vec::new();
    for part in mail.attachments() {
        let content_type = part
            .content_type()
            .map_or_else(String::new, |content_type| {
                let subtype = content_type.subtype().unwrap_or_default();
                format!("{}/{subtype}", content_type.ctype())
            });
        if let Some(id) = part.content_id() {
            let data = BASE64_STANDARD.encode(part.contents());
            let data = format!("data:{content_type};base64,{data}");
            html = html.replace(&format!("cid:{id}"), &data);
        }
        files.push(ShownFile {
            name: part.attachment_name().unwrap_or("file").to_owned(),
            content_type,
            n_bytes: part.contents().len(),
            bytes: part.contents().to_vec(),
        });
    }
    Some(Shown {
        name,
        subject: mail.subject().unwrap_or_default().to_owned(),
        from: written(mail.from()),
        to: written(mail.to()),
        date: mail.date().map(DateTime::to_rfc3339).unwrap_or_default(),
        text: mail.body_text(0).unwrap_or_default().into_owned(),
        html,
        files,
    })
}

fn written(addresses: Option<&Address<'_>>) -> String {
    let addresses = addresses.into_iter().flat_map(Address::iter);
    let written = addresses.map(|address| {
        let email = address.address().unwrap_or_default();
        match address.name() {
            Some(name) => format!("{name} <{email}>"),
            None => email.to_owned(),
        }
    });
    written.collect::<Vec<_>>().join(", ")
}
