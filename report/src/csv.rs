//! Lines of tables for programs.

/// One line, its fields quoted where they must be.
pub fn record<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(fields).expect("memory takes what is written");
    let bytes = table.into_inner().expect("memory takes what is written");
    String::from_utf8(bytes).expect("text stays text")
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(record(["a", "", "b c"]), "a,,b c\n");
        assert_eq!(record(["a,b", "say \"so\"", "two\nlines"]), "\"a,b\",\"say \"\"so\"\"\",\"two\nlines\"\n");
    }
}
