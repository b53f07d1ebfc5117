//! Which addresses are out there, and which are somebody's own house.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What may not be connected to (IANA's registries of special-purpose addresses): network and
/// length of its prefix.
const SPECIAL_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast, reserved and broadcast.
    ([224, 0, 0, 0], 3),
];

/// Within 2000::/3, outside of which nothing is public: not loopback, not unique local, not the
/// forms that carry an IPv4 address.
const SPECIAL_V6: &[([u16; 2], u32)] = &[
    // Teredo, ORCHID, benchmarking.
    ([0x2001, 0x0000], 23),
    ([0x2001, 0x0db8], 32),
    // 6to4 carries an IPv4 address.
    ([0x2002, 0x0000], 16),
    ([0x3fff, 0x0000], 20),
];

pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    let is_in = |(network, length): &([u8; 4], u32)| {
        (bits ^ u32::from_be_bytes(*network)) >> (32 - length) == 0
    };
    !SPECIAL_V4.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let bits = u32::from(first) << 16 | u32::from(second);
    let is_in = |([first, second], length): &([u16; 2], u32)| {
        let network = u32::from(*first) << 16 | u32::from(*second);
        (bits ^ network) >> (32 - length) == 0
    };
    first >> 13 == 1 && !SPECIAL_V6.iter().any(is_in)
}

/// The addresses to connect to. A name with any address that is not public is refused as a whole:
/// which of them an answer begins with is its server's choice.
pub fn checked(
    resolved: impl Iterator<Item = SocketAddr>,
    allows_private: bool,
) -> Result<Vec<SocketAddr>, String> {
    let resolved: Vec<SocketAddr> = resolved.collect();
    if resolved.is_empty() {
        return Err("the host has no address".to_owned());
    }
    if !allows_private && !resolved.iter().all(|address| is_public(address.ip())) {
        return Err("the host leads to a private address".to_owned());
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn addresses_inside_are_not_public() {
        for inside in [
            "0.0.0.0",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn one_address_inside_spoils_a_name() {
        let resolved = |addresses: &[&str]| {
            let addresses: Vec<SocketAddr> = addresses
                .iter()
                .map(|it| SocketAddr::new(it.parse().unwrap(), 443))
                .collect();
            addresses.into_iter()
        };

        let outside = checked(resolved(&["8.8.8.8", "1.1.1.1"]), false).unwrap();
        assert_eq!(outside.len(), 2);
        assert!(checked(resolved(&["8.8.8.8", "127.0.0.1"]), false).is_err());
        assert!(checked(resolved(&["::1", "8.8.8.8"]), false).is_err());
        assert!(checked(resolved(&[]), false).is_err());
        assert!(checked(resolved(&["::1"]), true).is_ok());
    }
}
