//! A person says who he is and which key shows it.

use crate::tui::effect::Credentials;
use crate::tui::form::{Field, Form};

/// A form for a person; `more` fields stand below.
pub(super) fn form(more: impl IntoIterator<Item = Field>) -> Form {
    let person = [
        Field::text("Person", "人员"),
        Field::text("Key file (OpenSSH)", "密钥文件"),
        Field::secret("Passphrase", "口令"),
    ];
    Form::new(person.into_iter().chain(more).collect::<Vec<_>>())
}

/// The fields that [`form`] has before those that are added to it.
pub(super) const FIELDS: usize = 3;

/// Takes who it is out of a [`form`]; the passphrase is then no longer in it.
pub(super) fn credentials(form: &mut Form) -> Credentials {
    Credentials { id: form.text(0).to_owned(), key: form.path(1), passphrase: form.secret(2) }
}
