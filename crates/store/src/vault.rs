//! Credentials at rest: XChaCha20-Poly1305, bound to the source they belong to.

use atlas_model::{Secret, SourceId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::error::{Error, ErrorKind, Result};

const VERSION: &str = "v1:";
const NONCE_BYTES: usize = 24;

/// The key with which credentials are sealed and opened.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault([redacted])")
    }
}

impl Vault {
    /// A key is 32 bytes in base64.
    pub fn new(key: &Secret) -> Result<Self> {
        let bytes = STANDARD.decode(key.expose()).ok().filter(|bytes| bytes.len() == 32);
        let bytes = bytes.ok_or_else(|| {
            Error::new(
                ErrorKind::WrongKey,
                "the key for stored credentials is not 32 bytes in base64",
                "make one with: openssl rand -base64 32",
            )
        })?;
        let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| cannot("use the key"))?;
        Ok(Self { cipher })
    }

    /// A new key, as [`Vault::new`] takes it.
    pub fn new_key() -> Result<Secret> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| cannot("get random bytes"))?;
        Ok(Secret::new(&STANDARD.encode(bytes)))
    }

    pub(crate) fn seal(&self, source_id: SourceId, secret: &Secret) -> Result<String> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| cannot("get random bytes"))?;
        let payload = Payload { msg: secret.expose().as_bytes(), aad: &source_id.to_be_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| cannot("seal"))?;
        Ok(format!("{VERSION}{}", STANDARD.encode([nonce.as_slice(), &sealed].concat())))
    }

    pub(crate) fn open(&self, source_id: SourceId, sealed: &str) -> Result<Secret> {
        let bytes = sealed.strip_prefix(VERSION).and_then(|text| STANDARD.decode(text).ok());
        let opened = bytes.as_deref().and_then(|bytes| bytes.split_at_checked(NONCE_BYTES)).and_then(
            |(nonce, rest)| {
                let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
                let payload = Payload { msg: rest, aad: &source_id.to_be_bytes() };
                String::from_utf8(self.cipher.decrypt(&XNonce::from(nonce), payload).ok()?).ok()
            },
        );
        opened.map(|text| Secret::new(&text)).ok_or_else(|| {
            Error::new(
                ErrorKind::WrongKey,
                "a stored credential cannot be opened with this key",
                "set ATLAS_SECRET_KEY or ATLAS_SECRET_KEY_FILE to the key it was stored with, or store it again: \
                 atlas source set NAME --api-key-stdin",
            )
        })
    }
}

fn cannot(what: &str) -> Error {
    Error::new(ErrorKind::Other, format!("the machine could not {what}"), "")
}

#[cfg(test)]
mod tests {
    use atlas_model::Secret;

    use super::Vault;

    #[test]
    fn opens_only_with_its_key_and_source() {
        let vault = Vault::new(&Vault::new_key().unwrap()).unwrap();
        let other = Vault::new(&Vault::new_key().unwrap()).unwrap();
        let sealed = vault.seal(7, &Secret::new("sl-key")).unwrap();
        assert!(!sealed.contains("sl-key"));
        assert_eq!(vault.open(7, &sealed).unwrap().expose(), "sl-key");
        assert!(vault.open(8, &sealed).is_err());
        assert!(other.open(7, &sealed).is_err());
        assert!(vault.open(7, "v1:####").is_err());
        assert!(Vault::new(&Secret::new("short")).is_err());
    }
}
