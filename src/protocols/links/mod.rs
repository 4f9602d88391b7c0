//! Links.

super::chapter! { "links", "Links": stack }
