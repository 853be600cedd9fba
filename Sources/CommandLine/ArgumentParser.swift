import Foundation
import LanesRecipes

/// The command line of one executable: what may stand on it, and how it is read into a struct of the caller's.
///
///     struct Options { var epochs: Int?; var json = false }
///     let options = ArgumentParser<Options>(
///         command: "train", summary: "Trains a network.",
///         options: [
///             .integer("epochs", "N", "passes over the training data") { $0.epochs = $1 },
///             .flag("json", "print JSON, one object a line") { $0.json = true },
///         ]
///     ).parseOrExit(into: Options())
///
/// Values are written `--epochs 3` or `--epochs=3`; whatever follows `--` is an argument, not an option. `--help` (`-h`)
/// is always there and prints a text made from the declarations.
package struct ArgumentParser<Values>: Sendable {
    /// One option or argument: its name, its line of help, and where its value goes.
    package struct Option: Sendable {
        let name: String
        /// The value's name in the help text; nil for a flag.
        let placeholder: String?
        let help: String
        /// What a value must be, for the message that refuses another one.
        let expected: String
        /// Whether it must be there.
        var isRequired = false
        /// Stores the value's text; false where it is not what is expected.
        let store: @Sendable (inout Values, String) -> Bool

        var usage: String { isRequired ? placeholder ?? "" : "[\(placeholder ?? "")]" }
        var label: String { placeholder.map { "--\(name) \($0)" } ?? "--\(name)" }

        /// `--name`, which takes no value.
        package static func flag(
            _ name: String, _ help: String, set: @escaping @Sendable (inout Values) -> Void
        ) -> Option {
            Option(name: name, placeholder: nil, help: help, expected: "no value") { values, _ in
                set(&values)
                return true
            }
        }

        /// `--name N`, a whole number that is neither below `minimum` nor above `maximum`.
        package static func integer(
            _ name: String, _ placeholder: String, atLeast minimum: Int = 1, atMost maximum: Int? = nil, _ help: String,
            set: @escaping @Sendable (inout Values, Int) -> Void
        ) -> Option {
            let limit = maximum.map { "to \($0)" } ?? "or more"
            let expected = "a whole number of \(minimum) \(limit)"
            return Option(name: name, placeholder: placeholder, help: help, expected: expected) { values, text in
                guard let number = Int(text), number >= minimum, number <= maximum ?? .max else { return false }
                set(&values, number)
                return true
            }
        }

        /// `--name X`, a finite number above 0.
        package static func positiveNumber(
            _ name: String, _ placeholder: String, _ help: String,
            set: @escaping @Sendable (inout Values, Double) -> Void
        ) -> Option {
            Option(name: name, placeholder: placeholder, help: help, expected: "a number above 0") { values, text in
                guard let number = Double(text), number.isFinite, number > 0 else { return false }
                set(&values, number)
                return true
            }
        }

        /// `--name TEXT`, any text that is not empty.
        package static func text(
            _ name: String, _ placeholder: String, _ help: String,
            set: @escaping @Sendable (inout Values, String) -> Void
        ) -> Option {
            Option(name: name, placeholder: placeholder, help: help, expected: placeholder) { values, text in
                if !text.isEmpty { set(&values, text) }
                return !text.isEmpty
            }
        }

        /// `--name FILE.html`, a page to be written: by its name no other file, such as a network, is meant.
        package static func page(
            _ name: String, _ help: String, set: @escaping @Sendable (inout Values, String) -> Void
        ) -> Option {
            let expected = "a FILE whose name ends in .html"
            return Option(name: name, placeholder: "FILE", help: help, expected: expected) { values, text in
                guard text.lowercased().hasSuffix(".html") else { return false }
                set(&values, text)
                return true
            }
        }

        /// An argument that is known by its place and not by a name.
        package static func argument(
            _ placeholder: String, _ help: String, isRequired: Bool = false,
            set: @escaping @Sendable (inout Values, String) -> Void
        ) -> Option {
            var option = text("", placeholder, help, set: set)
            option.isRequired = isRequired
            return option
        }
    }

    let command: String
    let summary: String
    let arguments: [Option]
    let remaining: Option?
    let options: [Option]

    /// - Parameters:
    ///   - command: The executable's name.
    ///   - summary: What it does, in a sentence or a few lines.
    ///   - arguments: What may stand on the line without a name, in this order.
    ///   - remaining: What takes all further ones; without it they are refused.
    ///   - options: What may stand there in any order, each once.
    package init(
        command: String, summary: String, arguments: [Option] = [], remaining: Option? = nil, options: [Option]
    ) {
        self.command = command
        self.summary = summary
        self.arguments = arguments
        self.remaining = remaining
        self.options = options
    }

    /// The text that `--help` prints.
    package var help: String {
        let arguments = arguments + (remaining.map { [$0] } ?? [])
        let usage = ["Usage:", command] + arguments.map(\.usage) + ["[options]"]
        var rows = arguments.map { ($0.placeholder ?? "", $0.help) } + options.map { ($0.label, $0.help) }
        rows.append(("--help", "print this text"))
        let width = rows.map { $0.0.count }.max() ?? 0
        let lines = rows.map { "  " + $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + $0.1 }
        return ([usage.joined(separator: " "), "", summary, ""] + lines).joined(separator: "\n")
    }

    /// Reads the words that follow the command's name.
    ///
    /// - Parameter defaults: The values of what the words do not mention.
    /// - Returns: nil where the words ask for help.
    /// - Throws: `UsageError` for an unknown or repeated option, a missing or wrong value, an argument too many or too few.
    package func parse(_ words: [String], into defaults: Values) throws(UsageError) -> Values? {
        let named = words.prefix { $0 != "--" }
        if named.contains("--help") || named.contains("-h") { return nil }
        var values = defaults
        var seen: Set<String> = []
        var argumentsLeft = arguments[...]
        var missing = (arguments + (remaining.map { [$0] } ?? [])).filter(\.isRequired)[...]
        var position = 0
        while position < words.count {
            let word = words[position]
            position += 1
            if position - 1 == named.count { continue }
            guard word.hasPrefix("-"), word != "-", position <= named.count else {
                guard let argument = argumentsLeft.popFirst() ?? remaining else {
                    throw UsageError("unexpected argument '\(word)'")
                }
                if argument.isRequired { missing = missing.dropFirst() }
                try store(word, for: argument, label: argument.placeholder ?? "", into: &values)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let option = try option(writtenAs: String(parts[0]))
            guard seen.insert(option.name).inserted else { throw UsageError("--\(option.name): given twice") }
            var value = parts.count > 1 ? String(parts[1]) : nil
            if let value, option.placeholder == nil {
                throw UsageError("--\(option.name): found '\(value)', expected no value")
            }
            if value == nil, option.placeholder != nil {
                guard position < named.count, !words[position].hasPrefix("--") else {
                    throw UsageError("--\(option.name): found no value, expected \(option.expected)")
                }
                value = words[position]
                position += 1
            }
            try store(value ?? "", for: option, label: "--\(option.name)", into: &values)
        }
        if let argument = missing.first {
            throw UsageError("found no \(argument.placeholder ?? ""), expected \(argument.help)")
        }
        return values
    }

    private func store(
        _ text: String, for option: Option, label: String, into values: inout Values
    ) throws(UsageError) {
        guard option.store(&values, text) else {
            throw UsageError("\(label): found '\(text)', expected \(option.expected)")
        }
    }

    private func option(writtenAs word: String) throws(UsageError) -> Option {
        if let option = options.first(where: { "--\($0.name)" == word }) { return option }
        let bare = String(word.drop { $0 == "-" })
        let hint = closest(to: bare, among: options.map(\.name) + ["help"]).map { "did you mean --\($0)?" }
        throw UsageError("unknown option \(word), \(hint ?? "see --help")")
    }

    /// Reads this process's command line. Prints the help and exits with 0 where it is asked for; prints what is wrong to
    /// standard error and exits with 64 where something is.
    package func parseOrExit(into defaults: Values) -> Values {
        do {
            if let values = try parse(Array(CommandLine.arguments.dropFirst()), into: defaults) { return values }
            print(help)
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("\(command): \(error)\n".utf8))
            exit(UsageError.exitCode)
        }
    }
}
