//! What screens ask the rooms for.

use std::path::PathBuf;

use super::field::Secret;
use super::keys::Key;
use super::told::Told;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;

/// What reaches a screen.
#[derive(Debug)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Something was pasted; what it was is gone.
    Pasted,
    /// An answer to an effect.
    Told(Told),
}

/// What is asked of the rooms. Each is answered once; before that, a long one tells how far it is.
#[derive(Debug)]
pub enum Effect {
    /// What this host is and what is unfinished on it.
    Look,
    /// The log.
    Journal,
    /// Check the log, and its signed head by the public key in this file, where one is named.
    VerifyLog(Option<PathBuf>),
    /// Compare the log with a paper.
    CompareLog {
        /// How many entries the paper names, as typed.
        entries: String,
        /// The first digits of their root, as typed.
        root: String,
    },
    /// Copy the log into this directory.
    ExportLog(PathBuf),
    /// The newest signed head of the log.
    Checkpoint,
    /// What set-up has left at this host.
    SetUp,
    /// The machine around this program.
    HostCheck,
    /// What this file holds.
    Inspect(PathBuf),
    /// Open the statement in this file, to compare a print of its sheet.
    OpenPrint(PathBuf),
    /// Its rows, to be compared by eye.
    PrintRows,
    /// A person types them from the first one on.
    PrintTyping,
    /// What he typed for the row that is asked.
    PrintRow(String),
    /// What a scanner typed of the QR code.
    PrintScan(String),
    /// Write these lines to a new file.
    Save {
        /// A report.
        lines: Vec<String>,
        /// The file.
        file: PathBuf,
    },
    /// Two officers compare the clock of this host with the minute that each read off his own.
    Attest(Box<[(Credentials, String); 2]>),
    /// What locks this exchange away, and who let it out.
    Locked(Trace),
    /// Put before people that it is let out.
    Clear(Trace),
    /// A person decides that it is let out, or rejects it for this reason.
    Release {
        /// The exchange.
        trace: Trace,
        /// Who.
        who: Credentials,
        /// Why not; none where he approves or witnesses.
        no: Option<String>,
    },
    /// As [`Effect::WriteVote`], of letting it out.
    WriteRelease {
        /// The exchange.
        trace: Trace,
        /// Who, as typed.
        id: String,
        /// Why not; none where he approves or witnesses.
        no: Option<String>,
        /// The file.
        file: PathBuf,
    },
    /// As [`Effect::BringVote`], of letting it out.
    BringRelease {
        /// The exchange.
        trace: Trace,
        /// Who, as typed.
        id: String,
        /// The armored signature of `ssh-keygen -Y sign`.
        signature: PathBuf,
    },
    /// Which media are plugged in. Nobody waits for the answer.
    Media,
    /// Let go of the medium of this name.
    Eject(PathBuf),
    /// Copy a transfer in.
    Receive {
        /// The device or the mounted directory.
        medium: PathBuf,
    },
    /// What is known of the sheet of a received transfer.
    Paper(Trace),
    /// A person sits down in front of it.
    Sit {
        /// The exchange.
        trace: Trace,
        /// Who.
        who: Credentials,
        /// Whether all sixteen rows are his.
        whole: bool,
    },
    /// What he typed for the row that is asked.
    Enter(String),
    /// He goes away before his rows are done.
    Stand,
    /// Open a confirmed transfer and run the checks.
    Verify {
        /// The exchange.
        trace: Trace,
        /// What opens the identity for packages, on the online side.
        passphrase: Option<Secret>,
    },
    /// What becomes of each request.
    Review(Trace),
    /// Everything about one request.
    Detail {
        /// The exchange.
        trace: Trace,
        /// The request.
        request: Number,
    },
    /// An officer denies a request for good.
    Deny {
        /// The exchange.
        trace: Trace,
        /// Who.
        who: Credentials,
        /// The request.
        request: Number,
        /// The code of a rule, as typed.
        code: String,
    },
    /// The plan that people decide on, and who has.
    Ballot(Trace),
    /// Freeze the bytes to be signed.
    ClosePlan(Trace),
    /// A person decides on the plan.
    Vote {
        /// The exchange.
        trace: Trace,
        /// Who.
        who: Credentials,
        /// How.
        vote: Decision,
    },
    /// What a person says to the plan is written to this new file, to be signed where his key is.
    WriteVote {
        /// The exchange.
        trace: Trace,
        /// Who, as typed.
        id: String,
        /// How.
        vote: Decision,
        /// The file.
        file: PathBuf,
    },
    /// A person brings the signature that he made elsewhere over such a text.
    BringVote {
        /// The exchange.
        trace: Trace,
        /// Who, as typed.
        id: String,
        /// The armored signature of `ssh-keygen -Y sign`.
        signature: PathBuf,
    },
    /// The newest plan is given up; nothing was announced under it.
    GiveUp {
        /// The exchange.
        trace: Trace,
        /// Who.
        who: Credentials,
    },
    /// A plan that signed a part is ended by another, which delivers that part.
    EndPlan(Trace),
    /// What the token says of itself, and which of its keys the plan of this exchange needs.
    Token(Trace),
    /// Log in to the token and sign what was approved.
    Sign {
        /// The exchange.
        trace: Trace,
        /// The PIN.
        pin: Secret,
    },
    /// The transfer of this exchange that was made here, its sheet, and whether it left.
    Outgoing(Trace),
    /// Seal the package where that was not done, print its sheet, write it to a medium.
    Seal {
        /// The exchange.
        trace: Trace,
        /// The PIN, where the package is not sealed yet.
        pin: Option<Secret>,
        /// The device or the mounted directory.
        medium: PathBuf,
        /// The new file, or the printer, that the sheet goes to.
        sheet: PathBuf,
        /// Whether it is sealed once more, for an importer whose time ran out.
        anew: bool,
    },
    /// Print the sheet of what was made here once more.
    Print {
        /// The exchange.
        trace: Trace,
        /// The new file or the printer; none is the printer of the config.
        to: Option<PathBuf>,
        /// Whether a page in large print goes before the others.
        large: bool,
    },
    /// Look at the nodes.
    #[cfg(feature = "online")]
    Scan,
    /// Draft a request.
    #[cfg(feature = "online")]
    Draft(Box<crate::online::request::Wish>),
    /// Make what was drafted last, and let it leave.
    #[cfg(feature = "online")]
    Request {
        /// Who asks.
        who: Credentials,
        /// What opens the keys of this host.
        host: Secret,
        /// The device or the mounted directory.
        medium: PathBuf,
        /// The new file, or the printer, that the sheet goes to.
        sheet: PathBuf,
    },
    /// Let a bundle that was made leave once more.
    #[cfg(feature = "online")]
    Leave {
        /// The exchange.
        trace: Trace,
        /// The device or the mounted directory.
        medium: PathBuf,
        /// The new file, or the printer, that the sheet goes to.
        sheet: PathBuf,
    },
    /// What would be written beside the live files.
    #[cfg(feature = "online")]
    PlanStage(Trace, Box<crate::online::stage::Wish>),
    /// Write it.
    #[cfg(feature = "online")]
    Stage(Trace, Box<crate::online::stage::Wish>),
    /// What each node that stages for itself would get.
    #[cfg(feature = "online")]
    PlanSplit(Trace, Box<crate::online::split::Wish>),
    /// Sign it, encrypt it to its nodes and write it.
    #[cfg(feature = "online")]
    Split {
        /// The exchange.
        trace: Trace,
        /// What is wanted.
        wish: Box<crate::online::split::Wish>,
        /// How many private keys leave, as the person typed it.
        keys: usize,
        /// What opens the keys of this host.
        host: Secret,
        /// The directory for the files.
        to: PathBuf,
    },
    /// How far the rotation of this exchange is, by the log of this host and those that are named.
    #[cfg(feature = "online")]
    Course(Trace, Box<crate::online::chronicle::Sources>),
    /// All that these logs say of this exchange, and what its rotation cost; the places that embed a CA are counted.
    #[cfg(feature = "online")]
    Chronicle(Trace, Box<crate::online::chronicle::Sources>),
    /// What this host knows of its nodes is written to this file, for the collector of node_exporter.
    #[cfg(feature = "online")]
    Metrics(PathBuf),
    /// A person of this host unlocks it.
    Unlock(Credentials),
    /// The workstation was left without an end, which is written down.
    Left,
    /// Nothing of the screen is recorded any more, which is written down.
    Unrecorded,
    /// End what goes on at the next place where nothing is lost. Nobody waits for an answer of its own.
    Stop,
    /// End the program with this exit status.
    Quit(u8),
}

impl Effect {
    /// Whether it only writes down what has become of the workstation, which is done however that ends.
    pub const fn is_record(&self) -> bool {
        matches!(self, Self::Stand | Self::Left | Self::Unrecorded)
    }
}

/// Who acts, and the key that shows it.
#[derive(Debug)]
pub struct Credentials {
    /// As typed.
    pub id: String,
    /// His encrypted OpenSSH key file.
    pub key: PathBuf,
    /// What opens it.
    pub passphrase: Secret,
}

/// What a person says to a plan.
#[derive(Debug)]
pub enum Decision {
    /// An officer approves, an auditor witnesses.
    Yes {
        /// The sheet in his hand, as typed.
        sheet: String,
        /// The number of privileged certificates, as typed.
        privileged: String,
        /// The requests that he ticked.
        ticked: Vec<Number>,
    },
    /// Somebody rejects it, for this reason.
    No(String),
}
