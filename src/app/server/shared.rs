//! Shared state: made once from the register and the settings; handlers, the edge and background jobs of all workers use it.

use std::{sync::Arc, time::Duration};

use actix_web::web::{Data, ServiceConfig};

use super::{endpoints::routes, open::Register, start_error::StartError};
use crate::{
    app::ops::{
        edge::Edge,
        metrics::{Metrics, MetricsAddress},
        security_txt::SecurityContact,
    },
    base::{
        config::{DataLicence, LimitSettings, ServerSettings, Unusable},
        public_address::PublicAddress,
    },
    public::feed::Feed,
    register::{
        db::Db,
        witnesses::{Witness, WitnessAt, Witnesses},
    },
    staff::{
        accounts::SecondAdministrator,
        files::http::{self as files, FileLimit},
        imports::http::{self as imports, ImportLimit},
        requests::{Bodies, Endpoint, Quotas, StaffSettings, Strangers},
        webhooks::{Courier, Reach},
    },
    web::{
        owner::Owner,
        rendered::{self, Rendered},
    },
};

/// The state that the workers and the background jobs of a server share.
#[derive(Clone)]
pub struct Shared {
    /// The register that is served.
    pub register: Register,
    /// The edge, with the buckets of its clients.
    pub edge: Data<Edge>,
    /// Charts, guides and posters that are kept.
    pub rendered: Data<Rendered>,
    /// The feed, with its kept pages and open streams.
    pub feed: Data<Feed>,
    /// The witnesses that are asked to cosign the log.
    pub witnesses: Data<Witnesses>,
    /// Refused requests of strangers, counted.
    pub strangers: Data<Strangers>,
    /// The courier that delivers to webhooks.
    pub courier: Data<Courier>,
    db: Data<Db>,
    metrics: Data<Metrics>,
    metrics_address: Data<MetricsAddress>,
    staff_settings: Data<StaffSettings>,
    bodies: Data<Bodies>,
    security_contact: Data<SecurityContact>,
    public_address: Data<PublicAddress>,
    second_administrator: Data<SecondAdministrator>,
    data_licence: Data<DataLicence>,
    owner: Data<Owner>,
    file_limit: Data<FileLimit>,
    import_limit: Data<ImportLimit>,
}

impl Shared {
    /// Makes the state of a server whose figures are at this address.
    pub fn new(
        register: &Register,
        settings: &ServerSettings,
        metrics_address: MetricsAddress,
    ) -> Result<Self, StartError> {
        let limits = &settings.limits;
        let reach = Reach { allowed: settings.webhook_allow.clone() };
        let courier = Courier::new(register.db.clone(), register.catalog.clone(), reach, register.seal.clone())?;
        let strangers = Strangers::new()?;
        let collectors = courier.figures().collectors().into_iter().chain(strangers.collectors());
        let metrics = Data::new(Metrics::with(collectors)?);
        let edge = Edge::new(settings, metrics.clone(), metrics_address, register.catalog.clone());
        Ok(Self {
            register: register.clone(),
            edge: Data::new(edge),
            rendered: Data::new(Rendered::new(rendered::ROOM)),
            feed: Data::new(Feed::new(limits)),
            witnesses: Data::new(witnesses(&settings.witnesses)?),
            strangers: Data::new(strangers),
            courier: Data::new(courier),
            db: Data::new(register.db.clone()),
            metrics,
            metrics_address: Data::new(metrics_address),
            staff_settings: Data::new(staff_settings(limits)),
            bodies: Data::new(Bodies::new(limits.bodies_room)),
            security_contact: Data::new(SecurityContact::new(settings)),
            public_address: Data::new(PublicAddress::new(settings)),
            second_administrator: Data::new(SecondAdministrator(settings.second_administrator)),
            data_licence: Data::new(DataLicence(settings.edge.data_licence.clone())),
            owner: Data::new(Owner::read(&settings.owner)?),
            file_limit: Data::new(FileLimit::new(limits.file_limit)),
            import_limit: Data::new(ImportLimit::new(limits.import_limit)),
        })
    }

    /// Sets how large the files are that endpoints of the staff part take.
    pub fn limit(&self, endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
        imports::with_limit(files::with_limit(endpoints, **self.file_limit), &self.import_limit)
    }

    /// Adds the state and every route to the application of a worker.
    pub fn configure(&self, endpoints: &[Endpoint], config: &mut ServiceConfig) {
        let Register { catalog, authority, files, notary, upstream, .. } = &self.register;
        if let Some(upstream) = upstream {
            config.app_data(upstream.clone());
        }
        config
            .app_data(catalog.clone())
            .app_data(self.metrics.clone())
            .app_data(self.metrics_address.clone())
            .app_data(self.db.clone())
            .app_data(authority.clone())
            .app_data(self.staff_settings.clone())
            .app_data(self.bodies.clone())
            .app_data(self.edge.clone())
            .app_data(self.security_contact.clone())
            .app_data(self.public_address.clone())
            .app_data(self.second_administrator.clone())
            .app_data(self.data_licence.clone())
            .app_data(self.owner.clone())
            .app_data(files.clone())
            .app_data(self.rendered.clone())
            .app_data(self.feed.clone())
            .app_data(notary.clone())
            .app_data(self.witnesses.clone())
            .app_data(self.courier.clone())
            .app_data(self.strangers.clone())
            .app_data(self.file_limit.clone())
            .app_data(self.import_limit.clone());
        routes(config, endpoints, upstream.is_some());
    }
}

fn staff_settings(limits: &LimitSettings) -> StaffSettings {
    StaffSettings {
        body_limit: usize::try_from(limits.body_limit).unwrap_or(usize::MAX),
        body_time: Duration::from_secs(limits.body_timeout.into()),
        quotas: Quotas {
            drafts: limits.draft_quota,
            versions: limits.version_quota,
            imports: limits.import_quota,
            files: limits.file_quota,
        },
    }
}

/// Reads the witnesses of the settings.
fn witnesses(settings: &[String]) -> Result<Witnesses, StartError> {
    let read = |text: &String| {
        let at: WitnessAt = text.trim().parse().map_err(|reason| Unusable { setting: "QINGDAN_WITNESSES", reason })?;
        Witness::new(at).map(Arc::new).map_err(StartError::Witness)
    };
    settings.iter().filter(|text| !text.trim().is_empty()).map(read).collect::<Result<_, _>>().map(Witnesses)
}
