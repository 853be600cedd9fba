import Datasets
import Foundation
import Recipes

/// The command `predict`: what a saved network makes of pictures.
enum PredictCommand {
    static func run() throws {
        let options = PredictOptions.parser.parseOrExit(into: PredictOptions())
        let model = try SavedModel(contentsOf: options.model, recipe: options.recipe)
        for path in options.images {
            let image = try GrayImage.load(path)
            let name = URL(fileURLWithPath: path).lastPathComponent
            let digit = try options.asIs ? image : image.preparedDigit(name: name)
            let answers = try model.predict(digit, name: name)
            if options.json {
                printLine(json(answers, path: path))
            } else {
                printLine("\(path)\n\(picture(digit))")
                for answer in answers { printLine(text(answer)) }
            }
        }
    }

    /// The image in half blocks, two rows of pixels a line, in the terminal's 24 grey levels or, where colour is not
    /// wanted, in characters of five densities.
    private static func picture(_ image: GrayImage) -> String {
        let usesColor =
            isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
        func pixel(_ y: Int, _ x: Int) -> Int { y < image.height ? Int(image.pixels[y * image.width + x]) : 0 }
        let lines = stride(from: 0, to: image.height, by: 2).map { y in
            let cells = (0..<image.width).map { x in
                let (upper, lower) = (pixel(y, x), pixel(y + 1, x))
                guard usesColor else { return String(Array(" ░▒▓█")[(upper + lower) / 2 * 4 / 255]) }
                return "\u{1B}[38;5;\(232 + upper * 23 / 255);48;5;\(232 + lower * 23 / 255)m▀"
            }
            return cells.joined() + (usesColor ? "\u{1B}[0m" : "")
        }
        return lines.joined(separator: "\n")
    }

    /// The head's classes, the most probable first, down to those that round to nothing.
    private static func text(_ answer: Prediction) -> String {
        let ranked = zip(answer.classes, answer.probabilities).sorted { $0.1 > $1.1 }
        let shown = ranked.enumerated().filter { $0.offset == 0 || $0.element.1 >= 0.0005 }.map(\.element)
        let list = shown.map { "\($0.0) (\(String(format: "%.1f %%", $0.1 * 100)))" }.joined(separator: ", ")
        return "\(answer.head): \(list)"
    }

    private static func json(_ answers: [Prediction], path: String) -> Data {
        var heads: [String: Any] = [:]
        for answer in answers {
            let classes = zip(answer.classes, answer.probabilities)
            heads[answer.head] = Dictionary(classes.map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
        }
        return JSONLines.line(["event": "prediction", "image": path, "probabilities": heads])
    }
}

/// What stands on the command line of `predict`.
struct PredictOptions {
    var model = ""
    var images: [String] = []
    var recipe: String?
    var asIs = false
    var json = false

    static let parser = ArgumentParser<PredictOptions>(
        command: "predict",
        summary: """
            Prints what a saved network makes of pictures of digits, PNG or PGM of any size. Each is made like MNIST's \
            images: light on dark, cropped, scaled to 20×20, centred by mass in 28×28.
            """,
        arguments: [.argument("MODEL.safetensors", "the saved network", isRequired: true) { $0.model = $1 }],
        remaining: .argument("IMAGE…", "the pictures", isRequired: true) { $0.images.append($1) },
        options: [
            .text("recipe", "NAME", "for a file that does not say it, as one that PyTorch wrote") { $0.recipe = $1 },
            .flag("as-is", "take pictures of 28×28 as they are") { $0.asIs = true },
            .flag("json", "print one JSON object for each picture") { $0.json = true },
        ])
}
