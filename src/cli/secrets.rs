//! Options that name where a PIN or a passphrase is. No option takes a secret itself.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use super::terminal;
use crate::devices::secret::SecretSource;
use crate::refusal::Refused;

/// Writes the options `--NAME-file` and `--NAME-fd`.
macro_rules! secret {
    ($(#[$doc:meta])* $type:ident, $name:literal, $prompt:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Args)]
        pub struct $type {
            #[arg(help = concat!("Read the ", $prompt, " from a private file"), id = concat!($name, "-file"), long = concat!($name, "-file"), value_name = "FILE",
                  conflicts_with = concat!($name, "-fd"))]
            file: Option<PathBuf>,
            #[arg(help = concat!("Read the ", $prompt, " from an open descriptor"), id = concat!($name, "-fd"), long = concat!($name, "-fd"), value_name = "FD")]
            descriptor: Option<u32>,
        }

        impl $type {
            /// The secret, from where the options say, or typed without being shown.
            ///
            /// # Errors
            /// Those of the source or of the terminal.
            pub fn read(&self) -> Result<SecretString, Refused> {
                self.read_for($prompt)
            }

            /// [`Self::read`] with a prompt that names whose it is.
            ///
            /// # Errors
            /// Those of the source or of the terminal.
            pub fn read_for(&self, prompt: &str) -> Result<SecretString, Refused> {
                terminal::secret(&format!("{prompt}: "), self.source().as_ref())
            }

            fn source(&self) -> Option<SecretSource> {
                let file = self.file.clone().map(SecretSource::File);
                file.or(self.descriptor.map(SecretSource::Descriptor))
            }
        }
    };
}

secret!(
    /// The PIN of the HSM token.
    PinOptions, "pin", "PIN of the token"
);
secret!(
    /// The passphrase of a person's key file.
    PassphraseOptions, "passphrase", "passphrase of the key file"
);
secret!(
    /// The passphrase of the keys of an online host.
    HostPassphraseOptions, "host-passphrase", "passphrase of this host"
);
secret!(
    /// The passphrase of the identity that opens packages.
    ImportPassphraseOptions, "import-passphrase", "passphrase of the import identity"
);

#[cfg(feature = "offline")]
impl PinOptions {
    /// The PIN, as the token takes it.
    ///
    /// # Errors
    /// As [`PinOptions::read`].
    pub fn pin(&self) -> Result<crate::devices::hsm::Pin, Refused> {
        use secrecy::ExposeSecret as _;
        Ok(crate::devices::hsm::Pin::typed(zeroize::Zeroizing::new(self.read()?.expose_secret().to_owned())))
    }
}
secret!(
    /// The passphrase of a second person's key file.
    SecondPassphraseOptions, "second-passphrase", "passphrase of the second key file"
);
