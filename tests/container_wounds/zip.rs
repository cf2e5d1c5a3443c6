//! A ZIP writer that makes what no honest one would: every field of every header is free (APPNOTE.TXT 6.3).

/// One file of a ZIP, with every field of its headers free.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) name: Vec<u8>,
    pub(crate) central_name: Option<Vec<u8>>,
    pub(crate) data: Vec<u8>,
    pub(crate) made_by: u16,
    pub(crate) needed: u16,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) time: u16,
    pub(crate) date: u16,
    pub(crate) crc: u32,
    pub(crate) size: u32,
    pub(crate) local_extra: Vec<u8>,
    pub(crate) central_extra: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    pub(crate) disk: u16,
    pub(crate) internal: u16,
    pub(crate) external: u32,
    pub(crate) gap: Vec<u8>,
    pub(crate) descriptor: Vec<u8>,
    pub(crate) is_hidden: bool,
}

impl File {
    pub(crate) fn new(name: &str, data: &[u8]) -> Self {
        Self {
            name: name.into(),
            central_name: None,
            data: data.to_vec(),
            made_by: 0x031e,
            needed: 20,
            flags: 0,
            method: 0,
            time: 0,
            date: 0x21,
            crc: crc32fast::hash(data),
            size: data.len() as u32,
            local_extra: vec![],
            central_extra: vec![],
            comment: vec![],
            disk: 0,
            internal: 0,
            external: 0o100_644 << 16,
            gap: vec![],
            descriptor: vec![],
            is_hidden: false,
        }
    }

    fn common(&self, name: &[u8], extra: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for field in [self.needed, self.flags, self.method, self.time, self.date] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.data.len() as u32, self.size] {
            out.extend(field.to_le_bytes());
        }
        out.extend((name.len() as u16).to_le_bytes());
        out.extend((extra.len() as u16).to_le_bytes());
        out
    }

    fn local(&self) -> Vec<u8> {
        let fields = self.common(&self.name, &self.local_extra);
        [b"PK\x03\x04", fields.as_slice(), &self.name, &self.local_extra, &self.data, &self.descriptor].concat()
    }

    fn central(&self, offset: u32) -> Vec<u8> {
        let name = self.central_name.as_ref().unwrap_or(&self.name);
        let mut out =
            [b"PK\x01\x02".as_slice(), &self.made_by.to_le_bytes(), &self.common(name, &self.central_extra)].concat();
        for field in [self.comment.len() as u16, self.disk, self.internal] {
            out.extend(field.to_le_bytes());
        }
        out.extend(self.external.to_le_bytes());
        out.extend(offset.to_le_bytes());
        [out, name.clone(), self.central_extra.clone(), self.comment.clone()].concat()
    }
}

/// A ZIP of these files with `before_end` before the end record, whose counts and comment are free.
pub(crate) fn zip(files: &[File], before_end: &[u8], count: Option<u16>, comment: &[u8]) -> Vec<u8> {
    let (mut out, mut central, mut listed) = (Vec::new(), Vec::new(), 0);
    for file in files {
        out.extend(&file.gap);
        if !file.is_hidden {
            central.extend(file.central(out.len() as u32));
            listed += 1;
        }
        out.extend(file.local());
    }
    let start = out.len() as u32;
    let count = count.unwrap_or(listed).to_le_bytes();
    let (size, comment_length) = ((central.len() as u32).to_le_bytes(), (comment.len() as u16).to_le_bytes());
    out.extend(
        [
            &central,
            before_end,
            b"PK\x05\x06\0\0\0\0",
            &count,
            &count,
            &size,
            &start.to_le_bytes(),
            &comment_length,
            comment,
        ]
        .concat(),
    );
    out
}

pub(crate) fn plain(files: &[File]) -> Vec<u8> {
    zip(files, &[], None, &[])
}
