//! Country flags over HTTP: work that waits.
//!
//! A job downloads a flag, which is its array, and then checks that it is a whole image: a digest of it is the
//! result. Nothing is written to disk. Two workloads differ in what they wait for:
//!
//! * `flags`: the flags of the twenty most populous countries, from a server that waits before each answer;
//! * `flags-local`: every code from AA to ZZ, most of which have no flag, from a server that answers at once.
//!   That there is none is a result like any other.
//!
//! The server is the embedded one, in its own process. Each execution begins without connections; from
//! then on each worker keeps its own open.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use super::array::served::{Generated, Place, Served, Server, Site};
use super::{Access, Digest, Fault, Job, Kernel, Scale, Selection};
use speedup_flags::assets;
use speedup_flags::client::fetch::{self, Connection, Fetched};
use speedup_flags::client::gif;
use speedup_flags::codes::{self, CountryCode, POP20};
use speedup_flags::server_process::{self, Answers};

/// Twenty flags from a server with a delay.
pub static DELAY: Workload = Workload {
    name: "flags",
    label: "Flags",
    summary: "download 20 flags from a server that waits 50 ms before each answer; only where it is named",
    workers: &[1, 2, 5, 10, 20],
    batch: Batch::MostPopulous,
};

/// Every code from a server without one.
pub static LOCAL: Workload = Workload {
    name: "flags-local",
    label: "Flags, no delay",
    summary: "ask a server without delay for every flag from AA to ZZ, of which 194 exist; only where it is named",
    workers: &[1, 3, 10, 30, 100, 300, 1000],
    batch: Batch::EveryCode,
};

/// Length of the short batch of every code.
const FEW: usize = 52;

/// How long the server waits before each answer, by scale.
const DELAYS: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(2)];

/// Downloads flags.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    name: &'static str,
    label: &'static str,
    summary: &'static str,
    workers: &'static [usize],
    batch: Batch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    MostPopulous,
    EveryCode,
}

impl Workload {
    /// The code of the job at that place.
    fn code(&self, index: usize) -> Option<CountryCode> {
        match self.batch {
            Batch::MostPopulous => POP20.get(index).copied(),
            Batch::EveryCode => codes::every().nth(index),
        }
    }

    fn codes(&self, scale: Scale) -> Vec<CountryCode> {
        match (self.batch, scale) {
            (Batch::MostPopulous, _) => POP20.to_vec(),
            (Batch::EveryCode, Scale::Book) => codes::every().collect(),
            (Batch::EveryCode, Scale::Tiny) => codes::every().take(FEW).collect(),
        }
    }

    fn answers(&self, scale: Scale) -> Answers {
        match (self.batch, scale) {
            (Batch::EveryCode, _) => Answers::AtOnce,
            (Batch::MostPopulous, Scale::Book) => Answers::After(DELAYS[0]),
            (Batch::MostPopulous, Scale::Tiny) => Answers::After(DELAYS[1]),
        }
    }

    /// What a job needs to know to be run.
    fn request(&self, job: Job) -> Result<(Site, CountryCode), Fault> {
        let code = self.code(job.index).ok_or_else(|| Fault(format!("{} has no such job", self.name)))?;
        let site = job.site.ok_or_else(|| Fault(format!("{} has no server to ask", self.name)))?;
        Ok((site, code))
    }
}

/// The array of a job: an image, or nothing where there is none.
fn array(code: CountryCode, fetched: Fetched) -> Result<Vec<u8>, Fault> {
    match fetched {
        Ok(image) => Ok(image.unwrap_or_default()),
        Err(failure) => Err(Fault(format!("cannot download {code}: {failure}"))),
    }
}

impl super::ArrayWorkload for Workload {
    fn name(&self) -> &'static str {
        self.name
    }

    fn label(&self) -> &'static str {
        self.label
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn selection(&self) -> Selection {
        Selection::ByName
    }

    fn sizes(&self, scale: Scale) -> Vec<usize> {
        self.codes(scale).into_iter().map(|code| assets::gif(code).map_or(0, <[u8]>::len)).collect()
    }

    fn default_passes(&self) -> u32 {
        1
    }

    fn generate(&self, job: Job) -> Result<Vec<u8>, Fault> {
        let (site, code) = self.request(job)?;
        array(code, fetch::fetch(site.addr, site.execution, code))
    }

    fn served(&self) -> Option<&dyn Served> {
        Some(self)
    }

    fn compute(&self, kernel: &Kernel, array: &mut [u8], passes: u32) -> Result<Digest, Fault> {
        super::ArrayWorkload::read(self, kernel, array, passes)
    }

    fn may_end_process(&self) -> bool {
        false
    }

    fn access(&self) -> Access {
        Access::Reads
    }

    fn read(&self, _: &Kernel, array: &[u8], passes: u32) -> Result<Digest, Fault> {
        if array.is_empty() {
            return Ok("not found".to_string());
        }
        for _ in 0..passes {
            gif::check(array).map_err(|fault| Fault(fault.to_string()))?;
        }
        Ok(format!("{:016x}", xxh3_64(array)))
    }
}

impl Served for Workload {
    fn jobs(&self) -> &'static str {
        "flags"
    }

    fn waits_for(&self, scale: Scale) -> String {
        match self.answers(scale) {
            Answers::AtOnce => "a server without delay".to_string(),
            Answers::After(delay) => {
                format!("a server that waits {} ms before each answer", delay.as_millis())
            }
        }
    }

    fn default_workers(&self) -> &'static [usize] {
        self.workers
    }

    fn serve(&self, scale: Scale) -> Result<Server, Fault> {
        let server = server_process::start(self.answers(scale)).map_err(Fault)?;
        Ok(Server { addr: server.addr, keep: Box::new(server) })
    }

    fn rest(&self, site: Site) {
        fetch::let_go(site.addr, site.execution);
    }

    fn place(&self, site: Site) -> Box<dyn Place> {
        Box::new(Connected { workload: *self, connection: Connection::new(site.addr) })
    }
}

/// A place with its connection.
struct Connected {
    workload: Workload,
    connection: Connection,
}

impl Place for Connected {
    fn generate(&mut self, job: Job) -> Generated<'_> {
        Box::pin(async move {
            let (_, code) = self.workload.request(job)?;
            array(code, self.connection.fetch(code).await)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::ArrayWorkload as _;

    #[test]
    fn batches_are_those_of_the_book_and_know_what_there_is_to_download() {
        let sizes = DELAY.sizes(Scale::Book);
        assert!(sizes.len() == 20 && sizes.iter().all(|&size| size > 0), "{sizes:?}");
        let count = |scale| {
            let sizes = LOCAL.sizes(scale);
            (sizes.len(), sizes.iter().filter(|&&size| size > 0).count())
        };
        assert_eq!(count(Scale::Book), (676, 194));
        // AD, AE, AF, AG, AL, AM, AO, AR, AT, AU, AZ and those with B.
        assert_eq!(count(Scale::Tiny), (52, 28));
    }

    #[test]
    fn an_image_is_checked_and_digested() {
        let digest = |array: &[u8]| DELAY.read(&Kernel::ONLY, array, 1);
        let image = assets::gif(POP20[0]).unwrap().to_vec();
        assert_eq!(digest(&image), Ok(format!("{:016x}", xxh3_64(&image))));
        assert_eq!(digest(&[]), Ok("not found".to_string()));
        assert_eq!(digest(&image[..image.len() - 1]), Err(Fault("the image ends in the middle".to_string())));
    }

    #[test]
    fn a_job_without_a_server_says_so() {
        let job = Job { seed: 1, index: 3, size: 0, site: None };
        assert_eq!(DELAY.generate(job), Err(Fault("flags has no server to ask".to_string())));
        assert_eq!(DELAY.generate(Job { index: 20, ..job }), Err(Fault("flags has no such job".to_string())));
    }
}
