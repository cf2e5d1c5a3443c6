//! The clock of the cluster's host, which the network sets, once stood years ahead while the log was written.

use airlock::audit::detail::Verb;
use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::config::online::OnlineConfig;
use airlock::online::room::Room;

use crate::host::{Host, Ran};
use crate::online::{Pair, SECRET};

/// An entry at this time and so many seconds.
fn writes(pair: &Pair, ahead: i64) {
    *pair.world().ahead.lock().unwrap() = ahead;
    let config = OnlineConfig::parse("online.toml", pair.online.config().as_bytes()).unwrap();
    let mut room = Room::open(config, pair.world().senses()).unwrap();
    let viewed = Event::LogViewed(Verb { verb: "audit list".to_owned() });
    room.desk_mut().note(&Actor::system(), None, viewed).unwrap();
}

fn minute(at: &str) -> String {
    let told = std::process::Command::new("date").args(["-u", "-d", at, "+%Y-%m-%dT%H:%MZ"]).output().unwrap();
    String::from_utf8(told.stdout).unwrap().trim().to_owned()
}

/// Two people compare, the second of whom reads this on his clock.
fn attest(host: &Host, second: &str, reads: &str) -> Ran {
    let secret = host.secret("own-secret", SECRET);
    let second_key = host.by(second)[3].clone();
    let more = [
        ["--passphrase-file", &secret, "--minute", &minute("now")],
        ["--second", second, "--second-key", &second_key],
        ["--second-passphrase-file", &secret, "--second-minute", &minute(reads)],
    ];
    let more = more.concat().into_iter().map(str::to_owned);
    host.runs("clock attest", &host.by("zhang-wei").into_iter().chain(more).collect::<Vec<_>>())
}

fn is_refused(ran: &Ran, status: i32, code: &str) {
    assert!(ran.status == status && ran.said.contains(code), "{code} expected: {}", ran.said);
}

/// What else is seen on a pair of hosts, which takes long to set up: nothing goes on but what leads back, and that it does.
pub(crate) fn a_step_of_the_clock_stops_a_host_until_two_people_lead_it_back(pair: &Pair) {
    let host = &pair.online;
    for _ in 0..2 {
        host.runs("audit list", &[]).ok();
        writes(pair, 10 * 365 * 86_400);
        host.refuses_unwritten(11, "CLOCK_BEFORE_LOG", "online scan", &[]);
        // One person is not enough, nor is one whose clock says otherwise.
        is_refused(&attest(host, "zhang-wei", "now"), 6, "CLOCK_TWO_PEOPLE");
        is_refused(&attest(host, "liu-yang", "5 minutes"), 11, "CLOCK_SPREAD");
        host.refuses_unwritten(11, "CLOCK_BEFORE_LOG", "audit list", &[]);
        let said = attest(host, "liu-yang", "now").ok().said;
        assert!(said.contains("liu-yang") && said.contains("zhang-wei"), "{said}");
    }
    host.runs("audit verify", &[]).ok();
}
