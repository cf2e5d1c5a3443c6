//! A stick that is pulled out while a transfer is written to it, and a printer without paper, at the command line and on the
//! screens of the same host.

use std::fs;
use std::thread;
use std::time::Duration;

use airlock::refusal::Class;
use airlock::tui::brake::Brake;
use airlock::tui::effect::Effect;
use airlock::tui::hands::{Hands, Teller};
use airlock::tui::told::Told;

use crate::host::{Host, Ran, option};
use crate::mounts::Mounted;

/// How often it is pulled out until that meets the writing.
const TRIES: usize = 20;

/// The bundle of `trace` leaves once more, on a stick that is pulled out.
pub(crate) fn while_it_is_written(online: &Host, trace: &str) {
    let Some(stick) = Mounted::ext4(32) else { return };
    let line = format!("online request --again {trace}");
    let sheet = |name: &str| online.path(name);
    let mut sheets = 0..;
    let mut on = || {
        let sheet = sheet(&format!("pulled-{}.txt", sheets.next().unwrap()));
        [option("--media", &stick.path()), option("--sheet", &sheet)].concat()
    };
    let Some(ran) = refused_when_pulled(online, &stick, || online.runs(&line, &on()), |ran: &Ran| ran.status != 0)
    else {
        return;
    };
    assert!(ran.status == 9 && ran.said.contains("MEDIA_"), "{}", ran.said);
    // Whoever goes on does so with a stick that holds all of it or is told of.
    online.runs(&line, &on()).ok();
    assert!(!online.runs("resume", &[]).ok().said.contains("May lie on"));

    let on_screen = |sheet: &str| {
        let mut told = Vec::new();
        let effect = Effect::Leave { trace: trace.parse().unwrap(), medium: stick.path(), sheet: sheet.into() };
        let mut hands = Hands::new(Some(online.path("host.toml")));
        hands.execute(effect, &Brake::default(), &mut Teller::new(&mut |one| told.push(one)));
        told.pop().unwrap()
    };
    let mut next = || sheet(&format!("seen-{}.txt", sheets.next().unwrap())).to_str().unwrap().to_owned();
    let is_refused = |told: &Told| matches!(told, Told::Refused(_));
    let told = refused_when_pulled(online, &stick, || on_screen(&next()), is_refused);
    let Some(Told::Refused(notice)) = told else { panic!("{told:?}") };
    assert!(notice.class == Class::Media && notice.code.starts_with("MEDIA_") && !notice.hint.is_empty(), "{notice:?}");
    for (printer, code) in [("/dev/nowhere", "PRINTER_ABSENT"), ("/dev/full", "PRINTER_PAPER")] {
        let told = on_screen(printer);
        assert!(matches!(&told, Told::Refused(notice) if notice.code.starts_with(code)), "{printer}: {told:?}");
    }
    let told = on_screen(&next());
    assert!(matches!(told, Told::Outgoing(_)), "{told:?}");
}

/// Pulls the stick out as soon as the log says that it is written to, until that is refused; puts it in again. Nothing where
/// this machine cannot.
fn refused_when_pulled<T: Send>(
    host: &Host,
    stick: &Mounted,
    mut act: impl FnMut() -> T + Send,
    is_refused: impl Fn(&T) -> bool,
) -> Option<T> {
    for _ in 0..TRIES {
        let count = |event: &str| host.log().matches(&format!(r#""event":"{event}""#)).count();
        let (begun, written) = (count("EXPORT_INTENT"), count("EXPORTED"));
        let (ended, is_pulled) = thread::scope(|scope| {
            let acting = scope.spawn(&mut act);
            while count("EXPORT_INTENT") == begun && !acting.is_finished() {
                thread::sleep(Duration::from_micros(200));
            }
            let is_pulled = Mounted::shut_down(&stick.path());
            (acting.join().unwrap(), is_pulled)
        });
        assert!(stick.unmount() && stick.mount_again());
        if !is_pulled {
            eprintln!("skipped: no xfs_io to shut a file system down");
            return None;
        }
        let files = || fs::read_dir(stick.path()).unwrap().map(|file| file.unwrap().path()).filter(|at| at.is_file());
        if is_refused(&ended) {
            assert_eq!(count("EXPORTED"), written, "it is not called written");
            let is_told = host.runs("resume", &[]).ok().said.contains("May lie on");
            assert!(is_told || files().count() < 3, "it lies there and nobody knows");
            return Some(ended);
        }
        assert_eq!((count("EXPORTED"), files().count()), (written + 1, 3));
        files().for_each(|file| fs::remove_file(file).unwrap());
        // Else the next pull brings them back, and they look as if that try had left them.
        fs::File::open(stick.path()).unwrap().sync_all().unwrap();
    }
    panic!("it was never pulled out in time");
}
