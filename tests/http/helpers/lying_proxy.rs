//! A server in front of a register that hands everything on, and lies where it is told to.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    rt::time::sleep,
    web::{self, Bytes, Data},
};
use reqwest::Client;
use serde_json::Value;

use crate::helpers::app::{TestApp, client};

pub struct LyingProxy {
    pub base: String,
    told: Arc<Mutex<Told>>,
    handle: actix_web::dev::ServerHandle,
}

#[derive(Clone)]
struct Told {
    source: String,
    lie: Lie,
    /// How many times it was told something.
    times: u64,
    /// The paths that it was asked for.
    asked: BTreeSet<String>,
}

#[derive(Clone)]
pub enum Lie {
    /// None.
    Honest,
    /// Of each page of changes.
    Page(fn(&mut Value)),
    /// Another text at this path.
    Text(&'static str, Arc<dyn Fn(&str) -> String + Send + Sync>),
    /// None, but each page has one line, and comes a second later.
    Slow,
    /// Another status.
    Status(u16),
    /// Other bytes.
    Bytes(&'static str),
    /// Half of it, and then the connection ends.
    Cut,
    /// Bytes without end.
    Endless,
}

impl LyingProxy {
    pub fn in_front_of(source: &TestApp) -> Self {
        let told = Told { source: source.base.clone(), lie: Lie::Honest, times: 0, asked: BTreeSet::new() };
        let told = Arc::new(Mutex::new(told));
        let shared = Data::new((told.clone(), client().clone()));
        let (send, receive) = mpsc::channel();
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server =
                    HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(hand_on)));
                let server = server.workers(1).shutdown_timeout(0).bind("127.0.0.1:0").expect("a port");
                let address = server.addrs()[0];
                let running = server.run();
                send.send((address, running.handle())).expect("the test waits");
                running.await.expect("it runs");
            });
        });
        let (address, handle) = receive.recv().expect("it starts");
        Self { base: format!("http://{address}"), told, handle }
    }

    /// Tells this lie from now on.
    pub fn tells(&self, lie: Lie) {
        self.tell(|told| told.lie = lie);
    }

    /// Whether anybody has asked it for this path.
    pub fn was_asked(&self, path: &str) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).asked.contains(path)
    }

    /// Stands in front of another register from now on.
    pub fn turns_to(&self, other: &TestApp) {
        self.tell(|told| told.source.clone_from(&other.base));
    }

    fn tell(&self, what: impl FnOnce(&mut Told)) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        what(&mut told);
        told.times += 1;
    }
}

impl Drop for LyingProxy {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

async fn hand_on(request: HttpRequest, shared: Data<(Arc<Mutex<Told>>, Client)>) -> HttpResponse {
    let (told, client) = &**shared;
    let Told { source, lie, times, .. } = {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.asked.insert(request.path().to_owned());
        told.clone()
    };
    let mut asked = client.get(format!("{source}{}", request.uri()));
    for (name, value) in request.headers().iter().filter(|(name, _)| *name != "host") {
        asked = asked.header(name.as_str(), value.as_bytes());
    }
    let Ok(answer) = asked.send().await else { return HttpResponse::BadGateway().finish() };
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let Ok(bytes) = answer.bytes().await else { return HttpResponse::BadGateway().finish() };
    if told.lock().unwrap_or_else(PoisonError::into_inner).times != times {
        // Nothing from before gets through: who asks again hears what is told now.
        return HttpResponse::BadGateway().finish();
    }
    let mut handed_on = HttpResponse::build(actix_web::http::StatusCode::from_u16(status).expect("a status"));
    for name in ["content-type", "content-disposition", "registry-seq"] {
        if let Some(value) = headers.get(name) {
            handed_on.insert_header((name, value.as_bytes()));
        }
    }
    let cut = || actix_web::error::ErrorInternalServerError("cut");
    match lie {
        Lie::Text(path, alter) if request.path() == path && status == 200 => {
            handed_on.body(alter(&String::from_utf8_lossy(&bytes)))
        }
        _ if request.path() != "/v1/changes" || status != 200 => handed_on.body(bytes),
        Lie::Honest | Lie::Text(..) => handed_on.body(bytes),
        Lie::Page(alter) => {
            let mut page: Value = serde_json::from_slice(&bytes).expect("JSON");
            alter(&mut page);
            let seq = page["seq"].to_string();
            handed_on.insert_header(("registry-seq", seq)).body(page.to_string())
        }
        Lie::Slow => {
            let mut page: Value = serde_json::from_slice(&bytes).expect("JSON");
            page["items"].as_array_mut().expect("items").truncate(1);
            sleep(Duration::from_secs(1)).await;
            handed_on.body(page.to_string())
        }
        Lie::Status(status) => {
            HttpResponse::build(actix_web::http::StatusCode::from_u16(status).expect("a status")).body("")
        }
        Lie::Bytes(text) => handed_on.body(text),
        Lie::Cut => {
            let half = bytes.slice(..bytes.len() / 2);
            handed_on.streaming(futures_util::stream::iter([Ok(half), Err(cut())]))
        }
        Lie::Endless => {
            let block = Bytes::from(vec![b' '; 1 << 20]);
            handed_on.streaming(futures_util::stream::repeat_with(move || Ok::<_, actix_web::Error>(block.clone())))
        }
    }
}
