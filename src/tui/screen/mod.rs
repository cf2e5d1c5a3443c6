//! The screens. Each is a file: what it knows, what a key does to it, and what it looks like.
//!
//! - [`home`]: S00, where everything begins and unfinished work lies
//! - [`setup`]: S15 and S16, what set-up has left, and the machine
//! - [`inspect`]: S20, what a file holds
//! - [`print`](mod@print): S21, a print is compared before it leaves
//! - [`clock`]: S10, officers compare the clock
//! - [`lock`]: S01, nobody was here
//! - [`journal`]: A10, the log
//! - [`receive`]: F10 and I10, a transfer is copied in
//! - `odd`: two statements of one exchange
//! - [`rows`]: F20 and I20, a person types rows from paper
//! - [`mismatch`]: F21, everyone stops
//! - [`checks`]: F30 and I30, the numbered checks
//! - [`review`]: F40, what becomes of each request
//! - [`detail`]: F41, one request
//! - [`quorum`]: F50, people decide
//! - [`login`]: F60, the PIN of the token
//! - [`signing`]: F61, signatures are made
//! - [`seal`]: F70, the package leaves
//! - [`shelf`]: the media to choose from, on the screens of a transfer
//! - [`sheet`]: F80 and N40, the sheet of what this host sends
//! - `scan`: N10, what is on the nodes
//! - `draft`: N20, what would be asked for
//! - `export`: N30, the bundle leaves
//! - `stage`: I40, certificates are written beside the live ones
//! - `split`: I41, a package is cut into one for each node
//! - `rotation`: I50, how far a rotation is
//! - [`resume`]: which screen goes on with unfinished work

#[cfg(feature = "online")]
mod change;
pub mod checks;
pub mod clock;
pub mod detail;
#[cfg(feature = "online")]
pub mod draft;
mod elsewhere;
mod entry;
#[cfg(feature = "online")]
pub mod export;
mod frozen;
pub mod home;
pub mod inspect;
pub mod journal;
pub mod lock;
pub mod login;
pub mod mismatch;
mod odd;
mod person;
pub mod print;
pub mod quorum;
pub mod receive;
pub mod resume;
pub mod review;
#[cfg(feature = "online")]
pub mod rotation;
pub mod rows;
mod rules;
#[cfg(feature = "online")]
pub mod scan;
pub mod seal;
pub mod setup;
pub mod sheet;
pub mod shelf;
pub mod signing;
#[cfg(feature = "online")]
pub mod split;
#[cfg(feature = "online")]
pub mod stage;
mod tail;
mod vote;
mod voters;
#[cfg(feature = "online")]
mod wish;

use super::asked::Asked;
use super::effect::{Effect, Input};
use super::frame::{Canvas, View};
use super::language::Language;
use crate::report::advice::Here;

/// A screen with its typed state.
pub trait Screen {
    /// What follows from `input`. Nothing is done here; effects say what is to be done.
    fn update(self: Box<Self>, input: Input) -> Turn;

    /// What it looks like. Draws nothing that is not on `canvas`.
    fn view(&self, canvas: &Canvas<'_>) -> View;

    /// What a person does here, in English and in Chinese.
    fn about(&self) -> (&'static str, &'static str);

    /// The command that does the same.
    fn command(&self) -> String;

    /// What is done here, on this side, about a refusal for `code`, where its code does not say all of it.
    fn refused(&self, _code: &str) -> Option<Here> {
        None
    }

    /// Whether characters are typed into a field now, so that they are no commands.
    fn takes_text(&self) -> bool {
        false
    }

    /// What is asked of the person now, where that is one line; the keys are for anything else.
    fn asked(&self, _language: Language) -> Option<Asked> {
        None
    }

    /// Whether what the rooms do for this screen can be stopped where nothing is lost.
    fn may_stop(&self) -> bool {
        false
    }

    /// What must still be done before the program ends.
    fn before_end(&self) -> Option<Effect> {
        None
    }
}

/// The next screen, and what is to be done.
pub struct Turn {
    /// The screen.
    pub screen: Box<dyn Screen>,
    /// In this order.
    pub effects: Vec<Effect>,
}

impl Turn {
    /// Goes to `screen`.
    pub fn to(screen: impl Screen + 'static) -> Self {
        Self { screen: Box::new(screen), effects: Vec::new() }
    }

    /// Stays on the same screen.
    pub fn stay(screen: Box<impl Screen + 'static>) -> Self {
        Self { screen, effects: Vec::new() }
    }

    /// Goes home, and looks at the host anew.
    pub fn home() -> Self {
        Self::to(home::Home::default()).and(Effect::Look)
    }

    /// Also has `effect` done.
    #[must_use]
    pub fn and(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}
