//! A real nginx that compresses, in front of a register.

use std::{
    cell::RefCell,
    env, fs,
    io::Read,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use reqwest::{Client, Method, RequestBuilder};
use tempfile::{TempDir, tempdir};

use crate::helpers::{
    app::{TestApp, until},
    processes::Running,
};

/// An nginx with two ways to the register. It listens on files, so that it needs no free port.
pub struct Nginx {
    _process: Running,
    folder: TempDir,
}

/// A way through nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The register is told what the client takes, and may compress by itself.
    Transparent,
    /// The register is told nothing, as many set it up, and nginx compresses what comes.
    Compressing,
}

impl Nginx {
    /// Starts it, and waits until it listens.
    pub async fn in_front_of(app: &TestApp) -> Self {
        let folder = tempdir().expect("a folder");
        fs::write(folder.path().join("nginx.conf"), configuration(app)).expect("it is written");
        let process = RefCell::new(started(folder.path()));
        for way in [Way::Transparent, Way::Compressing] {
            let socket = socket(&folder, way);
            until("nginx", async || {
                must_run(&mut process.borrow_mut());
                UnixStream::connect(&socket).is_ok()
            })
            .await;
        }
        Self { _process: process.into_inner(), folder }
    }

    /// A request that goes this way.
    pub fn request(&self, way: Way, method: Method, path: &str) -> RequestBuilder {
        let client = Client::builder().unix_socket(socket(&self.folder, way)).pool_max_idle_per_host(0).build();
        client.expect("a client").request(method, format!("http://register{path}"))
    }
}

/// The file on which it listens for this way.
fn socket(folder: &TempDir, way: Way) -> PathBuf {
    folder.path().join(format!("{way:?}"))
}

fn started(folder: &Path) -> Running {
    // Debian keeps it where only an administrator looks for programs.
    let path = format!("{}:/usr/sbin", env::var("PATH").unwrap_or_default());
    let mut command = Command::new("nginx");
    command.env("PATH", path).args(["-e", "stderr", "-p", ".", "-c", "nginx.conf"]).current_dir(folder);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    Running(child.unwrap_or_else(|error| {
        panic!("nginx does not start ({error}): run `./test`, which installs it, or `apt-get install nginx-light`")
    }))
}

/// Fails with what it says where it has ended.
fn must_run(Running(child): &mut Running) {
    if let Some(status) = child.try_wait().expect("its status") {
        let mut said = String::new();
        if let Some(errors) = &mut child.stderr {
            errors.read_to_string(&mut said).expect("text");
        }
        panic!("nginx has ended ({status}): {said}");
    }
}

fn configuration(app: &TestApp) -> String {
    let server = |way: Way, told: &str| {
        let base = &app.base;
        format!(
            "server {{ listen unix:{way:?}; location / {{ proxy_pass {base}; proxy_http_version 1.1; \
             proxy_set_header Host $host; {told} }} }}"
        )
    };
    let transparent = server(Way::Transparent, "");
    let compressing = server(Way::Compressing, "proxy_set_header Accept-Encoding \"\";");
    format!(
        "daemon off; master_process off; pid nginx.pid; error_log stderr; events {{ worker_connections 128; }}\n\
         http {{ access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; \
         uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
         gzip on; gzip_types application/json application/problem+json; gzip_min_length 20; gzip_proxied any;\n\
         {transparent}\n{compressing} }}\n"
    )
}
