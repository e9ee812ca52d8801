//! Who runs the site: what an authority has to say of itself on every page, as the settings say it.

use std::{fs, path::Path};

use actix_web::{
    HttpRequest,
    web::{Bytes, Data},
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::{
    base::config::{OwnerSettings, Unusable, given},
    register::files::{LARGEST_SVG, plain_svg},
};

/// The name of a site that has none of its own.
pub const SOFTWARE: &str = "清单 qingdan";
/// The address of the logo.
pub const LOGO: &str = "/logo.svg";

/// 网站主办者: who runs the site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub struct Owner {
    #[serde(skip)]
    site_name: Option<String>,
    /// 主办单位
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "闽侯县洋里乡人民政府")]
    pub office: Option<String>,
    /// 网站备案号: of the ministry's register (ICP备案).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "闽ICP备00000000号（示例）")]
    pub icp: Option<String>,
    /// 公安备案号
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "闽公网安备00000000000000号（示例）")]
    pub police: Option<String>,
    /// 网站标识码
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "0000000000（示例）")]
    pub site_code: Option<String>,
    /// 地址
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "福建省福州市闽侯县洋里乡（示例）")]
    pub address: Option<String>,
    /// 电话
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "0591-00000000")]
    pub phone: Option<String>,
    /// 标志: address of the logo, an SVG.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, example = "/logo.svg")]
    pub logo: Option<Logo>,
}

/// A logo, which stands at [`LOGO`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Logo(pub Bytes);

impl Serialize for Logo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(LOGO)
    }
}

/// A site of which nothing was said.
impl Default for &Owner {
    fn default() -> Self {
        static NOBODY: Owner = Owner {
            site_name: None,
            office: None,
            icp: None,
            police: None,
            site_code: None,
            address: None,
            phone: None,
            logo: None,
        };
        &NOBODY
    }
}

impl Owner {
    /// Reads the settings, and the file of the logo.
    pub fn read(settings: &OwnerSettings) -> Result<Self, Unusable> {
        let text = |value: &Option<String>| given(value.as_deref()).map(str::to_owned);
        let logo = settings.site_logo.as_deref().filter(|path| !path.as_os_str().is_empty());
        Ok(Self {
            site_name: text(&settings.site_name),
            office: text(&settings.site_office),
            icp: text(&settings.site_icp),
            police: text(&settings.site_police),
            site_code: text(&settings.site_code),
            address: text(&settings.site_address),
            phone: text(&settings.site_phone),
            logo: logo.map(read_logo).transpose()?,
        })
    }

    /// Returns the owner of the site that is asked.
    pub fn of(request: &HttpRequest) -> Data<Self> {
        request.app_data::<Data<Self>>().cloned().unwrap_or_default()
    }

    /// Returns the name of the site.
    pub fn name(&self) -> &str {
        self.site_name.as_deref().unwrap_or(SOFTWARE)
    }

    /// Says whether anything is known of who runs the site.
    pub fn is_known(&self) -> bool {
        *self != Self { site_name: self.site_name.clone(), ..Self::default() }
    }
}

fn read_logo(path: &Path) -> Result<Logo, Unusable> {
    let unusable = |reason| Unusable { setting: "QINGDAN_SITE_LOGO", reason };
    let length = fs::metadata(path).map_err(|_| unusable("there is no such file, or it cannot be read"))?.len();
    if length > LARGEST_SVG as u64 {
        return Err(unusable("the file has more than 256 kB"));
    }
    let text = fs::read_to_string(path).map_err(|_| unusable("the file cannot be read as text"))?;
    let drawing = plain_svg(&text);
    let drawing = drawing.ok_or(unusable(
        "save it as an SVG of plain shapes: without scripts, styles, texts, pictures, animations and links elsewhere",
    ))?;
    Ok(Logo(drawing.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_but_empty_is_not_given() {
        let empty =
            OwnerSettings { site_name: Some(" ".into()), site_logo: Some("".into()), ..OwnerSettings::default() };
        let owner = Owner::read(&empty).expect("nothing is wrong");
        assert_eq!((owner.name(), owner.is_known()), (SOFTWARE, false));
        let named = OwnerSettings { site_office: Some("洋里乡人民政府".into()), ..empty };
        assert!(Owner::read(&named).expect("nothing is wrong").is_known());
    }

    #[test]
    fn a_logo_that_is_no_file_is_refused_with_the_setting() {
        let settings = OwnerSettings { site_logo: Some("/nowhere/logo.svg".into()), ..OwnerSettings::default() };
        assert_eq!(Owner::read(&settings).expect_err("there is none").setting, "QINGDAN_SITE_LOGO");
    }
}
