//! Components are stopped and started. What of it worked is seen afterwards, by looking at everything anew.

use std::time::{Duration, Instant};

use super::act::{Made, Scene};
use crate::devices::component;
use crate::devices::probe::etcd::{Member, Status};
use crate::devices::process::DOUBT;
use crate::online::rotate::fault::RotateError;
use crate::refusal::Refused;
use crate::rotation::component::Component;
use crate::wire::text;

const LOOK: Duration = Duration::from_millis(200);

/// Nodes tell one another in whole seconds when leaves were swapped and members started, and so are clocks compared.
const TOLD: Duration = Duration::from_secs(2);

/// Starts what is down.
///
/// # Errors
/// [`RotateError::Unmanaged`]; any [`ComponentError`](component::ComponentError).
pub fn start(scene: &Scene<'_>, which: Component) -> Result<Made, Refused> {
    let component = managed(scene, which)?;
    match component.process() {
        // It runs and does not do its work: another beside it would do no better.
        Ok(_) => Ok(Made::default()),
        Err(_) => {
            settle();
            component.start()?;
            Ok(Made::restarts(1))
        }
    }
}

/// Restarts `which`.
///
/// # Errors
/// As [`start`].
pub fn restart(scene: &Scene<'_>, which: Component) -> Result<Made, Refused> {
    match which {
        // Whether a member came back after the newest leaf is asked by what nodes tell one another.
        Component::Etcd => step_aside(scene)?,
        _ => settle(),
    }
    again(scene, which)
}

fn again(scene: &Scene<'_>, which: Component) -> Result<Made, Refused> {
    if which == Component::Etcd {
        std::thread::sleep(TOLD);
    }
    component::restart(&*managed(scene, which)?)?;
    Ok(Made::restarts(1))
}

/// The round of a control plane: its API server leaves the load balancer, then its etcd is restarted, and when all members
/// are healthy the API server comes back.
///
/// # Errors
/// As [`start`]; [`RotateError::Live`] where etcd did not become healthy: the API server is started all the same.
pub fn cycle(scene: &Scene<'_>) -> Result<Made, Refused> {
    let member = scene.ground.plan.fleet().member(scene.ground.site.place);
    let runs = |which| member.is_some_and(|member| member.runs(which));
    let apiserver = runs(Component::Apiserver).then(|| managed(scene, Component::Apiserver)).transpose()?;
    step_aside(scene)?;
    let stopped = apiserver.as_ref().map_or(Ok(()), |apiserver| apiserver.stop());
    // One that did not stop in time may yet do so: whatever happened, it is told to run in the end.
    let etcd = match stopped {
        Ok(()) if runs(Component::Etcd) => again(scene, Component::Etcd).and_then(|_| healthy(scene)),
        stopped => stopped.map_err(Refused::from),
    };
    if let Some(apiserver) = &apiserver {
        settle();
        apiserver.start()?;
    }
    etcd?;
    Ok(Made::restarts(u64::from(runs(Component::Etcd)) + u64::from(apiserver.is_some())))
}

/// A member that leads hands over while each API server still takes requests: what is on its way fails then at one of them,
/// and finds another. Where it cannot, the round goes on, for a member that is stopped hands over as well, only later.
///
/// A write that another member sends on to one that hands over is lost, and nobody says so: whoever asked hears of it when his
/// time is over or etcd's is, and asks again, perhaps the member that led. So that one stands until then; and since that takes
/// longer than a look does, the others are looked at once more.
fn step_aside(scene: &Scene<'_>) -> Result<(), Refused> {
    let (ground, time) = (scene.ground, scene.ground.patience.probe);
    let Some((mut own, status)) = heard(scene, ground.site.place) else { return Ok(()) };
    if status.leader != Some(status.member) {
        return Ok(());
    }
    let others = ground.plan.fleet().with(Component::Etcd).filter(|place| *place != ground.site.place);
    let well = others.filter_map(|place| heard(scene, place));
    let mut well =
        well.filter_map(|(mut member, next)| member.health(time).is_ok_and(|well| well).then_some(next.member));
    let mut asked = 0;
    let gone = well.any(|next| {
        asked += 1;
        own.hand_over(next, time).is_ok()
    });
    // One that did not answer may hand over all the same.
    if asked > 0 && (gone || heard(scene, ground.site.place).is_none_or(|(_, now)| now.leader != Some(now.member))) {
        std::thread::sleep(ground.patience.lost_write);
        healthy(scene)?;
    }
    Ok(())
}

/// The member of the node at `place`, asked as whom it answers: one that does not trust a caller says so after the handshake only
/// (TLS 1.3), where the caller first asks something.
fn heard(scene: &Scene<'_>, place: usize) -> Option<(Member, Status)> {
    let (endpoint, time) = (scene.ground.site.servers(place).etcd?, scene.ground.patience.probe);
    scene.seen.callers.etcd.each().find_map(|caller| {
        let mut member = Member::connect(&endpoint, caller, time).ok()?;
        member.status(time).ok().map(|status| (member, status))
    })
}

/// Waits until each member of etcd that has an address says that it is healthy.
fn healthy(scene: &Scene<'_>) -> Result<(), Refused> {
    let ground = scene.ground;
    let members = ground.plan.fleet().with(Component::Etcd).filter_map(|place| ground.site.servers(place).etcd);
    let members: Vec<_> = members.collect();
    let until = Instant::now() + ground.patience.gate;
    loop {
        let well = |endpoint| {
            scene.seen.callers.etcd.each().any(|caller| {
                Member::connect(endpoint, caller, ground.patience.probe)
                    .and_then(|mut member| member.health(ground.patience.probe))
                    .unwrap_or(false)
            })
        };
        match members.iter().find(|endpoint| !well(endpoint)) {
            None => return Ok(()),
            Some(ill) if Instant::now() >= until => {
                return Err(RotateError::live(
                    "etcd",
                    &format!("{} did not become healthy", text::clip(&ill.to_string(), 80)),
                )
                .into());
            }
            Some(_) => std::thread::sleep(LOOK),
        }
    }
}

/// A start within the doubt of the clock after a change counts as one before it.
fn settle() {
    std::thread::sleep(DOUBT * 2);
}

fn managed(scene: &Scene<'_>, which: Component) -> Result<Box<dyn component::Component>, Refused> {
    let found = scene.ground.site.component(which).ok_or(RotateError::Unmanaged(which.as_str()))?;
    Ok(found?)
}
