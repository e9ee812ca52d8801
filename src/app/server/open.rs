//! Opens a register: its database, its keys, and the snapshot that its log folds to.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actix_web::web::Data;
use chrono::Utc;

use super::start_error::StartError;
use crate::{
    base::{
        config::{DatabaseUrl, IdentitySettings},
        threads,
    },
    mirror::{self, Mirror, OpenError},
    model::KINDS,
    register::{
        catalog::{Catalog, Snapshot},
        changes,
        db::{Conn, Db, DbError, scrub},
        files::Copies,
        log_keys::{Keeper, LogKeyError, LogKeys, origin_of},
        notary::{self, Notary, Unfit},
        upstream::Upstream,
    },
    staff::{
        identity::{Authority, AuthorityError},
        webhooks::{self, Seal, SealError},
    },
};

/// How often a replica looks whether another one has published: reading one row.
const FOLLOW_EVERY: Duration = Duration::from_millis(100);
/// How often a process looks whether it lacks a copy of a public file.
const COPY_FILES_EVERY: Duration = Duration::from_millis(250);

/// A register that is open: its database and what it folds to.
#[derive(Clone)]
pub struct Register {
    /// The database.
    pub db: Db,
    /// The snapshot that the public reads.
    pub catalog: Data<Catalog>,
    /// The public files that this process has.
    pub files: Data<Copies>,
    /// The authority that makes and checks tokens.
    pub authority: Data<Authority>,
    /// The notary that signs checkpoints of the log.
    pub notary: Data<Notary>,
    /// Seals the secrets of webhooks.
    pub seal: Seal,
    /// The registers that it copies, when it is a mirror.
    pub upstream: Option<Data<Upstream>>,
}

impl Register {
    /// Connects, brings the schema up to date and reads the log. Tokens are signed with keys that nobody else has and that
    /// end with the process, and everybody knows the key of its cursors: for tests and benches.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StartError> {
        Self::open_after(url, Arc::new(Snapshot::empty(&KINDS))).await
    }

    /// Opens a register whose first lines are known already, with keys as [`Register::open`] has: for tests, which open copies of one
    /// register again and again.
    #[doc(hidden)]
    pub async fn open_after(url: &DatabaseUrl, known: Arc<Snapshot>) -> Result<Self, StartError> {
        let db = connect(url).await?;
        let authority = Authority::in_memory(&db, Utc::now()).await.map_err(AuthorityError::from)?;
        let catalog = Catalog::load_after(known, &db).await?;
        Ok(Self::of(db, catalog, authority, Notary::new(LogKeys::in_memory()?, Keeper::new(None))))
    }

    /// Opens a register with the keys of a directory, if there is one, and other issuers of tokens as configured.
    pub async fn open_with(
        url: &DatabaseUrl,
        keys: Option<PathBuf>,
        public_url: Option<&str>,
        settings: &IdentitySettings,
    ) -> Result<Self, StartError> {
        let db = connect(url).await?;
        let (log_keys, keeper) = log_keys(url, &db, keys.clone(), public_url).await?;
        let seal = seal(&db, keys.as_deref()).await?;
        let authority = Authority::open(&db, keys, public_url, settings, Utc::now()).await?;
        let register = Self { seal, ..Self::load(db, authority, log_keys, keeper).await? };
        let is_mirror = register.db.read(mirror::kept_as).await?.is_some();
        // A mirror may have taken what is erased by a line that is still to come.
        match register.catalog.snapshot().withheld().filter(|_| !is_mirror) {
            Some(seq) => {
                let missing =
                    format!("the text of line {seq} is missing, and no line erases it: run `qingdan verify log`");
                Err(DbError::Damaged(missing).into())
            }
            None => Ok(register),
        }
    }

    /// Reads the log, which must be the one that its tree was made of, and that checkpoints were given out of.
    async fn load(db: Db, authority: Authority, log_keys: LogKeys, keeper: Keeper) -> Result<Self, StartError> {
        // Before the log: a replica may publish meanwhile.
        let given_out = keeper.last(&log_keys)?;
        if let (Some(given_out), None) = (&given_out, db.read(changes::kept_edge).await?) {
            // The tree is written before a checkpoint is given out.
            return Err(Unfit::Altered(given_out.size).into());
        }
        let catalog = Catalog::load(&KINDS, &db).await?.with_cursor_key(&db).await?;
        if let Some(given_out) = &given_out {
            notary::must_extend(given_out, catalog.snapshot().tree())?;
        }
        Ok(Self::of(db, catalog, authority, Notary::new(log_keys, keeper)))
    }

    fn of(db: Db, catalog: Catalog, authority: Authority, notary: Notary) -> Self {
        let (catalog, authority, notary) = (Data::new(catalog), Data::new(authority), Data::new(notary));
        Self {
            db,
            catalog,
            authority,
            files: Data::new(Copies::in_memory()),
            notary,
            seal: Seal::default(),
            upstream: None,
        }
    }

    /// Opens a mirror, and that which follows its sources. It has no accounts, and no keys of tokens that anybody could use. A
    /// log of its own is signed with the keys of the directory, if there is one.
    pub async fn open_mirror(
        url: &DatabaseUrl,
        of: mirror::Of,
        keys: Option<PathBuf>,
        public_url: Option<&str>,
    ) -> Result<(Self, Mirror), StartError> {
        let copies = of.sources.len() == 1 && of.division.is_none();
        let keys = keys.filter(|_| !copies);
        let db = connect(url).await?;
        let (log_keys, keeper) = log_keys(url, &db, keys, public_url).await?;
        let authority = Authority::in_memory(&db, Utc::now()).await.map_err(AuthorityError::from)?;
        let mut register = Self::load(db, authority, log_keys, keeper).await?;
        if copies {
            register.notary = Data::new(Notary::repeating());
        }
        let (catalog, notary) = (register.catalog.clone(), register.notary.clone());
        let mirror = Mirror::open(&register.db, catalog, notary, of).await?;
        Ok((Self { upstream: Some(mirror.upstream()), ..register }, mirror))
    }

    /// Fails where the store is a mirror's: whoever published in it would part from the source for ever.
    pub async fn must_be_its_own(&self) -> Result<(), StartError> {
        match self.db.read(mirror::kept_as).await? {
            Some(_) => Err(OpenError::IsMirror.into()),
            None => Ok(()),
        }
    }

    /// Keeps the copies of public files in this folder, so that a start finds them there.
    pub fn keeping_files_in(self, folder: &Path) -> io::Result<Self> {
        Ok(Self { files: Data::new(Copies::in_folder(folder)?), ..self })
    }

    /// Follows the log for ever.
    pub async fn follow(&self) {
        tokio::join!(
            self.catalog.follow_for_ever(&self.db, FOLLOW_EVERY),
            self.files.follow_for_ever(&self.db, &self.catalog, COPY_FILES_EVERY),
            self.notary.keep_up_for_ever(&self.catalog),
        );
    }
}

/// The keys of the log, and where its last checkpoint is kept: in the directory, where SQLite's first start makes a key. Replicas on
/// PostgreSQL share theirs, so there they are made once and for all, by hand. A register in memory is another log each time, whatever
/// directory the keys of its tokens are in.
///
/// A log that was signed goes on under its name: without its keys it is not served.
async fn log_keys(
    url: &DatabaseUrl,
    db: &Db,
    directory: Option<PathBuf>,
    public_url: Option<&str>,
) -> Result<(LogKeys, Keeper), StartError> {
    let Some(directory) = directory.filter(|_| *url != DatabaseUrl::Memory) else {
        return Ok((LogKeys::in_memory()?, Keeper::new(None)));
    };
    let named = db.read(changes::origin).await?;
    let shown = directory.display().to_string();
    let keys = match (LogKeys::load(&directory)?, &named, url) {
        (Some(keys), None, _) => keys,
        (Some(keys), Some(named), _) if keys.origin() == *named => keys,
        (_, Some(named), _) => return Err(LogKeyError::NotOf(named.clone(), shown).into()),
        (None, None, DatabaseUrl::Postgres(_)) => return Err(LogKeyError::Missing(shown).into()),
        (None, None, DatabaseUrl::Sqlite(_) | DatabaseUrl::Memory) => {
            LogKeys::load_or_create(&directory, &origin_of(public_url)?)?
        }
    };
    if named.is_none() {
        let origin = keys.origin().to_owned();
        db.write(move |conn| changes::keep_origin(conn, &origin)).await?;
    }
    Ok((keys, Keeper::new(Some(directory))))
}

/// Opens the seal of the secrets of webhooks and seals those that stand in the database as they are: none of them is left on
/// its disk.
async fn seal(db: &Db, directory: Option<&Path>) -> Result<Seal, StartError> {
    let Some(directory) = directory else { return Ok(Seal::default()) };
    let seal = Seal::open(directory)?;
    let sealing = seal.clone();
    let sealing = move |conn: &mut Conn| {
        let sealed = webhooks::seal_all(conn, &sealing)?;
        if sealed {
            scrub::ask(conn)?;
        }
        Ok::<_, SealError>(sealed)
    };
    if db.write(sealing).await? {
        // A job tries again when something stands in the way.
        if let Err(error) = db.scrub().await {
            log::error!("secrets of before are sealed, and what they were is still on the disk: {error}");
        }
    }
    Ok(seal)
}

async fn connect(url: &DatabaseUrl) -> Result<Db, DbError> {
    let url = url.clone();
    threads::spawn(move || Db::open(&url)).await?
}
