//! The faults, and the plan of a run: which of them strikes when, drawn from the seed.

use std::time::Duration;

use crate::draw::Draw;
use crate::tenants::Kind;

/// Operators that take part. The first is never killed, so that its memory can be followed.
pub(crate) const OPERATORS: usize = 3;
pub(crate) const TENANTS: usize = 4;

/// What goes wrong, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// The next calls that a cloud gets are answered so.
    Call { cloud: usize, times: u32, answer: Answer },
    /// The call is carried out when its caller has long given up.
    LateCommit { cloud: usize, times: u32, delay: Duration, lost: bool },
    /// The next calls are refused, as documented.
    Refusal { cloud: usize, times: u32, refusal: Refusal },
    /// The next look-ups are answered so.
    Look { cloud: usize, times: u32, answer: Answer },
    /// The next lists of backups or of operation logs.
    List { cloud: usize, times: u32, answer: Answer },
    /// The next logins and exchanges of tokens.
    Login { cloud: usize, times: u32, answer: Answer },
    /// A tenant's credential is refused (401); its owner replaces it after a while.
    Unauthorized { tenant: usize, kind: Kind, at_the_call: bool, cured_after: Duration },
    /// Whatever is asked there hangs.
    Hang { cloud: usize, lasts: Duration },
    /// Connections are refused there.
    Down { cloud: usize, lasts: Duration },
    /// The destination vault takes nothing.
    VaultLocked { cloud: usize, lasts: Duration },
    /// The destination vault is full.
    VaultFull { cloud: usize, lasts: Duration },
    /// Few requests are taken of each caller.
    Quota { cloud: usize, lasts: Duration },
    /// The tokens that IAM has issued to a tenant end.
    TokensEnd { tenant: usize, revoked: bool },
    /// SIGKILL, and a new process after a while.
    Kill { operator: usize, back_after: Duration },
    /// SIGKILL of all but the first, at once.
    KillAll { back_after: Duration },
    /// SIGTERM, and a new process after a while.
    Terminate { operator: usize, back_after: Duration },
    /// SIGSTOP, and SIGCONT after a while; the Lease is over long before.
    Stop { operator: usize, lasts: Duration },
    /// Somebody deletes the Lease.
    LeaseDeleted,
    /// kube-apiserver is killed, and comes back after a while.
    ApiServerRestarts { back_after: Duration },
    /// kube-apiserver answers nothing for a while.
    ApiServerHangs { lasts: Duration },
    /// etcd is killed, and comes back after a while.
    EtcdRestarts { back_after: Duration },
    /// Somebody edits the request of a resource.
    SpecEdited { which: usize },
    /// Somebody changes what a resource waits for.
    WishEdited { which: usize },
    /// Somebody labels and annotates a resource.
    MetadataEdited { which: usize },
    /// Somebody suspends a resource for a while.
    Suspended { which: usize, lasts: Duration },
    /// Somebody deletes a resource, and makes it again after a while.
    Recreated { which: usize, after: Duration },
    /// A Secret goes, and comes back.
    SecretGone { tenant: usize, kind: Kind, lasts: Duration },
    /// A Secret holds what is wrong for a while.
    SecretWrong { tenant: usize, kind: Kind, lasts: Duration },
    /// A Secret gets another value; what was there before may die with that.
    SecretRotated { tenant: usize, kind: Kind },
}

/// What is answered instead of what the service has to say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Reset {
        committed: bool,
    },
    Close {
        committed: bool,
    },
    Hang {
        committed: bool,
    },
    Page {
        committed: bool,
        status: u16,
    },
    CutOff,
    OddBody,
    Redirect {
        committed: bool,
    },
    /// A code that is documented, and proves nothing.
    Gateway {
        committed: bool,
    },
    Throttled {
        retry_after: Option<i32>,
    },
    Failing,
}

/// Refusals that are documented.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    Busy,
    NoVault,
    NoRoom,
    NotPermitted,
    NoBackup,
    NotADestination,
    Malformed,
    AlreadyReplicated,
}

impl Fault {
    /// Its name, without what was drawn for it.
    pub(crate) fn name(&self) -> String {
        let text = format!("{self:?}");
        let name = text.split([' ', '{']).next().unwrap_or_default().to_owned();
        match self {
            Self::Refusal { refusal, .. } => format!("{name}: {refusal:?}"),
            Self::Call { answer, .. } => format!("{name}: {}", answer.name()),
            Self::Look { answer, .. } => format!("{name}: {}", answer.name()),
            _ => name,
        }
    }

    fn draw(draw: &mut Draw) -> Self {
        let cloud = draw.weighted(&[(5, 0), (3, 1), (2, 2)]);
        let times = u32::try_from(1 + draw.below(4)).unwrap_or(1);
        let tenant = draw.below(TENANTS);
        let which = draw.below(10_000);
        let kind = draw.one(&[Kind::Token, Kind::Password, Kind::Key]);
        let mortal = 1 + draw.below(OPERATORS - 1);
        let lasts = draw.time(5_000, 30_000);
        let back_after = draw.time(0, 8_000);
        let of_a_viewer = draw.one(&[Kind::Token, Kind::Key]);
        let percent = draw.chance(50);
        match draw.weighted(&WEIGHTS) {
            0 => Self::Call { cloud, times, answer: Answer::of_a_call(draw) },
            1 => Self::LateCommit { cloud, times, delay: draw.time(500, 6_500), lost: percent },
            2 => Self::Refusal { cloud, times, refusal: Refusal::draw(draw) },
            3 => Self::Look { cloud, times: times * 2, answer: Answer::of_a_read(draw) },
            4 => Self::List { cloud, times, answer: Answer::of_a_read(draw) },
            5 => Self::Login { cloud, times, answer: Answer::of_a_read(draw) },
            6 => Self::Unauthorized {
                tenant,
                kind: of_a_viewer,
                at_the_call: percent,
                cured_after: lasts,
            },
            7 => Self::Hang { cloud, lasts },
            8 => Self::Down { cloud, lasts },
            9 => Self::VaultLocked { cloud, lasts },
            10 => Self::VaultFull { cloud, lasts },
            11 => Self::Quota { cloud, lasts },
            12 => Self::TokensEnd { tenant, revoked: percent },
            13 => Self::Kill { operator: mortal, back_after },
            14 => Self::KillAll { back_after },
            15 => Self::Terminate { operator: mortal, back_after },
            16 => Self::Stop { operator: draw.below(OPERATORS), lasts: draw.time(7_000, 25_000) },
            17 => Self::LeaseDeleted,
            18 => Self::ApiServerRestarts { back_after },
            19 => Self::ApiServerHangs { lasts: draw.time(3_000, 15_000) },
            20 => Self::EtcdRestarts { back_after },
            21 => Self::SpecEdited { which },
            22 => Self::WishEdited { which },
            23 => Self::MetadataEdited { which },
            24 => Self::Suspended { which, lasts },
            25 => Self::Recreated { which, after: back_after },
            26 => Self::SecretGone { tenant, kind, lasts },
            27 => Self::SecretWrong { tenant, kind, lasts },
            _ => Self::SecretRotated { tenant, kind },
        }
    }
}

/// How often each of them is drawn.
const WEIGHTS: [(usize, usize); 29] = [
    (16, 0),
    (6, 1),
    (8, 2),
    (10, 3),
    (2, 4),
    (2, 5),
    (2, 6),
    (3, 7),
    (3, 8),
    (1, 9),
    (1, 10),
    (2, 11),
    (2, 12),
    (8, 13),
    (2, 14),
    (4, 15),
    (8, 16),
    (1, 17),
    (2, 18),
    (2, 19),
    (2, 20),
    (3, 21),
    (2, 22),
    (3, 23),
    (3, 24),
    (4, 25),
    (3, 26),
    (2, 27),
    (3, 28),
];

impl Answer {
    /// To a call: nothing that counts as a refusal after the service has carried it out.
    fn of_a_call(draw: &mut Draw) -> Self {
        let committed = draw.chance(60);
        match draw.below(10) {
            0 | 1 => Self::Reset { committed },
            2 => Self::Close { committed },
            3 => Self::Hang { committed },
            4 => Self::Page {
                committed,
                status: draw.one(&[400, 403, 408, 418, 500, 502, 503, 504]),
            },
            5 => Self::CutOff,
            6 => Self::OddBody,
            7 => Self::Redirect { committed },
            8 => Self::Gateway { committed },
            _ => Self::Throttled { retry_after: draw.one(&[None, Some(0), Some(2), Some(-60)]) },
        }
    }

    fn of_a_read(draw: &mut Draw) -> Self {
        let committed = false;
        match draw.below(10) {
            0 => Self::Reset { committed },
            1 => Self::Close { committed },
            2 => Self::Hang { committed },
            3 | 4 => Self::Page {
                committed,
                status: draw.one(&[400, 403, 404, 405, 500, 501, 502, 503, 504]),
            },
            5 => Self::CutOff,
            6 => Self::OddBody,
            7 => Self::Redirect { committed },
            8 => Self::Failing,
            _ => Self::Throttled { retry_after: draw.one(&[None, Some(0), Some(2), Some(-60)]) },
        }
    }

    fn name(self) -> String {
        format!("{self:?}")
            .replace("committed: true", "after the commit")
            .replace("committed: false", "before it")
    }
}

impl Refusal {
    fn draw(draw: &mut Draw) -> Self {
        draw.one(&[
            Self::Busy,
            Self::NoVault,
            Self::NoRoom,
            Self::NotPermitted,
            Self::NoBackup,
            Self::NotADestination,
            Self::Malformed,
            Self::AlreadyReplicated,
        ])
    }
}

/// What strikes when, counted from the start.
pub(crate) fn plan(seed: u64, lasts: Duration, a_minute: u64) -> Vec<(Duration, Fault)> {
    let mut draw = Draw::new(seed);
    let (mut at, mut plan) = (Duration::from_secs(5), Vec::new());
    let longest = 120_000 / a_minute.max(1);
    while at < lasts {
        plan.push((at, Fault::draw(&mut draw)));
        at += draw.time(1, longest);
    }
    plan
}
