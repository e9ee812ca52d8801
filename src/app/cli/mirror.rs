//! `qingdan mirror`.

use clap::{Args, builder::RangedU64ValueParser};

use super::{
    CommandError, close_to_others,
    serve::{start, with_files},
};
use crate::{
    app::server::Register,
    base::config::{DatabaseSettings, KeySettings, ServerSettings},
    mirror::{self, Address},
    transparency::{Quorum, VerifierKey},
    values::division,
};

/// The registers that are repeated, and by which keys they are believed.
#[derive(Args)]
pub struct MirrorSettings {
    /// Address of the register to repeat, such as https://yangli.example; several times, or separated by commas, for a
    /// register of several, which then has a log of its own
    #[arg(long = "from", env = "QINGDAN_FROM", required = true, value_delimiter = ',')]
    from: Vec<Address>,

    /// Only what belongs to this division (a code of GB/T 2260 or GB/T 10114, or its first digits) and what that refers to;
    /// the mirror then has a log of its own
    #[arg(long, env = "QINGDAN_DIVISION", value_parser = prefix)]
    division: Option<String>,

    /// Public key of a source's log, NAME+ID+KEY; several times, or separated by commas. Without any, the keys that a source names
    /// when it is first asked are trusted from then on
    #[arg(long = "log-key", env = "QINGDAN_LOG_KEYS", value_delimiter = ',', value_parser = VerifierKey::of_log)]
    log_keys: Vec<VerifierKey>,

    /// Public key of a witness (type 04), NAME+ID+KEY; several times, or separated by commas. Only what was cosigned is taken
    #[arg(id = "log_witnesses", long = "witness", env = "QINGDAN_LOG_WITNESSES", value_delimiter = ',', value_parser = VerifierKey::of_witness)]
    witnesses: Vec<VerifierKey>,

    /// How many of them must have cosigned a checkpoint [default: all of them]
    #[arg(long, env = "QINGDAN_QUORUM", requires = "log_witnesses", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    quorum: Option<usize>,

    #[command(flatten)]
    keys: KeySettings,
}

fn prefix(text: &str) -> Result<String, &'static str> {
    match division::is_prefix(text) {
        true => Ok(text.to_owned()),
        false => Err("write 2, 4, 6, 9 or 12 digits of a division"),
    }
}

/// Follows the sources and serves what they publish, until the process is told to stop.
pub fn mirror(of: &MirrorSettings, database: &DatabaseSettings, server: &ServerSettings) -> Result<(), CommandError> {
    let (url, keys) = (database.url()?, of.keys.directory(database)?);
    close_to_others(database, keys.as_deref())?;
    let mut sources: Vec<Address> = Vec::new();
    for source in &of.from {
        if !sources.contains(source) {
            sources.push(source.clone());
        }
    }
    actix_web::rt::System::new().block_on(async {
        let quorum = Quorum::of(of.witnesses.clone(), of.quorum);
        let (division, trusted) = (of.division.clone(), of.log_keys.clone());
        let of = mirror::Of { sources, division, trusted, quorum, ..mirror::Of::default() };
        let (register, mirror) = Register::open_mirror(&url, of, keys, server.public_url.as_deref()).await?;
        let register = with_files(register, database)?;
        actix_web::rt::spawn(async move { mirror.follow_for_ever().await });
        let (server, _) = start(&register, server)?;
        server.await?;
        log::info!("stopped");
        Ok(())
    })
}
