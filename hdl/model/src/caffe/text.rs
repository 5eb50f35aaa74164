//! Protobuf text format (`.prototxt`) to a tree of fields, without knowing the schema.

use std::fmt;

/// Deepest nesting that is read; Caffe needs five.
const MAX_DEPTH: usize = 32;

/// Fields in the order of the file; repeated fields appear repeatedly.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Message {
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub name: String,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// Text in quotes.
    Text(String),
    /// A number, a truth value or the name of an enumerator.
    Word(String),
    Message(Message),
}

/// Where and why the text is not a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SyntaxError {
    pub line: usize,
    pub wanted: String,
    pub found: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(word) => write!(f, "'{word}'"),
            Token::Text(text) => write!(f, "\"{text}\""),
            Token::Sign(sign) => write!(f, "'{sign}'"),
            Token::End => write!(f, "the end of the file"),
        }
    }
}

/// Reads a whole file.
pub(crate) fn parse(text: &str) -> Result<Message, SyntaxError> {
    let mut parser = Parser { chars: text.chars().peekable(), line: 1, token: Token::End };
    parser.advance()?;
    parser.message(Token::End, 0)
}

struct Parser<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
    /// The token that is looked at.
    token: Token,
}

impl Parser<'_> {
    fn error<T>(&self, wanted: &str) -> Result<T, SyntaxError> {
        Err(SyntaxError { line: self.line, wanted: wanted.to_string(), found: self.token.to_string() })
    }

    /// Fields up to and including `end`.
    fn message(&mut self, end: Token, depth: usize) -> Result<Message, SyntaxError> {
        let mut message = Message::default();
        while self.token != end {
            let Token::Word(name) = self.token.clone() else { return self.error("a field name") };
            self.advance()?;
            self.field(name, &mut message, depth)?;
            while matches!(self.token, Token::Sign(',' | ';')) {
                self.advance()?;
            }
        }
        if end != Token::End {
            self.advance()?;
        }
        Ok(message)
    }

    fn field(&mut self, name: String, message: &mut Message, depth: usize) -> Result<(), SyntaxError> {
        let colon = self.token == Token::Sign(':');
        if colon {
            self.advance()?;
        } else if !matches!(self.token, Token::Sign('{' | '<')) {
            return self.error(&format!("':' or '{{' after {name}"));
        }
        if self.token != Token::Sign('[') {
            let content = self.content(depth)?;
            message.fields.push(Field { name, content });
            return Ok(());
        }
        self.advance()?;
        while self.token != Token::Sign(']') {
            let content = self.content(depth)?;
            message.fields.push(Field { name: name.clone(), content });
            match self.token {
                Token::Sign(',') => self.advance()?,
                Token::Sign(']') => {}
                _ => return self.error("',' or ']'"),
            }
        }
        self.advance()
    }

    fn content(&mut self, depth: usize) -> Result<Content, SyntaxError> {
        let end = match &self.token {
            Token::Sign('{') => '}',
            Token::Sign('<') => '>',
            Token::Word(word) => {
                let content = Content::Word(word.clone());
                self.advance()?;
                return Ok(content);
            }
            Token::Text(_) => return self.texts(),
            _ => return self.error("a value"),
        };
        if depth == MAX_DEPTH {
            return self.error(&format!("at most {MAX_DEPTH} messages in each other"));
        }
        self.advance()?;
        Ok(Content::Message(self.message(Token::Sign(end), depth + 1)?))
    }

    /// Adjacent texts are one.
    fn texts(&mut self) -> Result<Content, SyntaxError> {
        let mut all = String::new();
        while let Token::Text(text) = &self.token {
            all.push_str(text);
            self.advance()?;
        }
        Ok(Content::Text(all))
    }

    fn advance(&mut self) -> Result<(), SyntaxError> {
        self.skip_blank();
        self.token = match self.chars.next() {
            None => Token::End,
            Some(quote @ ('"' | '\'')) => self.text(quote)?,
            Some(c) if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = self.chars.next_if(|&c| is_word(c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
            Some(c) => Token::Sign(c),
        };
        Ok(())
    }

    fn skip_blank(&mut self) {
        let mut comment = false;
        while let Some(c) = self.chars.next_if(|&c| comment || c.is_whitespace() || c == '#' || c == '\u{feff}') {
            match c {
                '#' => comment = true,
                '\n' => {
                    comment = false;
                    self.line += 1;
                }
                _ => {}
            }
        }
    }

    fn text(&mut self, quote: char) -> Result<Token, SyntaxError> {
        let mut text = String::new();
        loop {
            match self.chars.next() {
                Some(c) if c == quote => return Ok(Token::Text(text)),
                Some('\\') => match self.chars.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(c @ ('\\' | '"' | '\'')) => text.push(c),
                    other => return self.bad_text("an escape of \\n, \\t, \\\\ or a quote", other),
                },
                found @ (None | Some('\n')) => return self.bad_text("a closing quote", found),
                Some(c) => text.push(c),
            }
        }
    }

    fn bad_text(&mut self, wanted: &str, found: Option<char>) -> Result<Token, SyntaxError> {
        self.token = found.map_or(Token::End, Token::Sign);
        self.error(wanted)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(name: &str, word: &str) -> Field {
        Field { name: name.to_string(), content: Content::Word(word.to_string()) }
    }

    #[test]
    fn all_spellings() {
        let text = "# c\na: 1 b : -2.5e+3; c: [x, y,]\nd <e: true>, f: { } g: \"p#q\" 'r\\n'";
        let got = parse(text).unwrap();
        let inner = |fields| Content::Message(Message { fields });
        let want = [
            word("a", "1"),
            word("b", "-2.5e+3"),
            word("c", "x"),
            word("c", "y"),
            Field { name: "d".to_string(), content: inner(vec![word("e", "true")]) },
            Field { name: "f".to_string(), content: inner(vec![]) },
            Field { name: "g".to_string(), content: Content::Text("p#qr\n".to_string()) },
        ];
        assert_eq!(got.fields, want);
    }

    #[test]
    fn errors_name_the_line_and_what_was_wanted() {
        let cases = [
            ("a: 1\nb {", 2, "a field name", "the end of the file"),
            ("a 1", 1, "':' or '{' after a", "'1'"),
            ("\n\na: }", 3, "a value", "'}'"),
            ("a: \"x", 1, "a closing quote", "the end of the file"),
            ("a: [1 2]", 1, "',' or ']'", "'2'"),
            ("}", 1, "a field name", "'}'"),
        ];
        for (text, line, wanted, found) in cases {
            let want = SyntaxError { line, wanted: wanted.to_string(), found: found.to_string() };
            assert_eq!(parse(text), Err(want), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let error = parse(&"a{".repeat(1_000_000)).unwrap_err();
        assert!(error.wanted.contains("32"), "{error:?}");
    }
}
