import Foundation
import LanesCommandLine
import LanesData
import LanesFiles
import LanesGraph
import LanesKernels
import LanesRecipes
import LanesReport
import LanesTraining

/// The command `predict`: what a saved network makes of pictures.
enum PredictCommand {
    static func run() throws {
        let options = PredictOptions.parser.parseOrExit(into: PredictOptions())
        guard options.page != nil || !options.images.isEmpty else {
            throw UsageError("found no IMAGE…, expected the pictures")
        }
        let saved = try SavedModel(contentsOf: options.model, recipe: options.recipe)
        guard saved.recipe != nil || !options.asIs else {
            throw UsageError("--as-is: only for the network of a recipe; for another one pictures are only scaled")
        }
        if let page = options.page { try write(saved, of: options.model, toPage: page, json: options.json) }
        for path in options.images {
            let (picture, pixels) = try input(path, saved, asIs: options.asIs)
            let answers = try saved.model.predict(pixels).heads
            if options.json {
                try printLine(json(answers, path: path))
            } else {
                try printLine("\(printable(path))\n\(terminalPicture(picture))")
                for answer in answers { try printLine(text(answer)) }
            }
        }
    }

    /// Writes a page to draw on with the network in it.
    private static func write(_ saved: SavedModel, of model: String, toPage path: String, json: Bool) throws {
        let name = URL(fileURLWithPath: model).lastPathComponent
        let page = try DrawingPage(
            saved.model, title: saved.recipe == nil ? "Draw a picture" : "Draw a digit",
            summary: saved.recipe.map { "\($0.name): \($0.summary)" }
                ?? "\(name): \(grouped(saved.model.graph.trainableCount)) parameters",
            picture: saved.recipe == nil ? .scaled : .digit)
        let content = Data(page.html.utf8)
        try AtomicFile.write(content, to: URL(fileURLWithPath: path))
        let megabytes = String(format: "%.1f MB", Double(content.count) / 1e6)
        if json {
            try printLine(JSONLines.line(["event": "page", "page": path, "bytes": content.count]))
        } else {
            try printLine("\(printable(path)): \(megabytes), to be opened in a browser")
        }
    }

    /// The pixels of a picture as the network takes them, and the grey picture of them to be shown. Of a recipe's
    /// network: prepared as MNIST's digits were; of another one: scaled to its input's size.
    private static func input(
        _ path: String, _ saved: SavedModel, asIs: Bool
    ) throws -> (shown: GrayImage, pixels: [UInt8]) {
        let shape = saved.model.graph.inputs[0].shape
        let name = URL(fileURLWithPath: path).lastPathComponent
        if saved.recipe != nil {
            let image = try GrayImage.load(path)
            let digit = try asIs ? image : image.preparedDigit(name: name)
            guard digit.height == shape.height, digit.width == shape.width else {
                throw FileError.badData(
                    file: name,
                    problem: "found \(digit.height)×\(digit.width) pixels, expected \(shape.height)×\(shape.width)")
            }
            return (digit, digit.pixels)
        }
        guard shape.channels == 1 || shape.channels == 3 else {
            throw FileError.badData(
                file: name, problem: "found a picture, expected \(shape) numbers, which the network takes")
        }
        let size = Extent(height: shape.height, width: shape.width)
        let gray = try Picture.load(path, color: .gray).resized(to: size)
        let picture = shape.channels == 1 ? gray : try Picture.load(path, color: .rgb).resized(to: size)
        let shown = try GrayImage(height: size.height, width: size.width, pixels: gray.pixels, name: name)
        return (shown, picture.pixels)
    }

    /// The image in half blocks, two rows of pixels a line, in the terminal's 24 grey levels or, where colour is not
    /// wanted, in characters of five densities.
    private static func terminalPicture(_ image: GrayImage) -> String {
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

    /// The head's classes, the most probable first, down to those that round to nothing; or its numbers.
    private static func text(_ answer: Prediction.Head) -> String {
        guard !answer.classes.isEmpty else {
            return "\(printable(answer.name)): \(answer.output.map { "\($0)" }.joined(separator: " "))"
        }
        let ranked = zip(answer.classes, answer.probabilities).sorted { $0.1 > $1.1 }
        let shown = ranked.enumerated().filter { $0.offset == 0 || $0.element.1 >= 0.0005 }.map(\.element)
        let list = shown.map { "\(printable($0.0)) (\(String(format: "%.1f %%", $0.1 * 100)))" }.joined(separator: ", ")
        return "\(printable(answer.name)): \(list)"
    }

    private static func json(_ answers: [Prediction.Head], path: String) -> Data {
        var (probabilities, outputs): ([String: Any], [String: Any]) = ([:], [:])
        for answer in answers {
            guard !answer.classes.isEmpty else {
                outputs[answer.name] = answer.output.map { Double($0) }
                continue
            }
            let classes = zip(answer.classes, answer.probabilities)
            probabilities[answer.name] = Dictionary(classes.map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
        }
        var object: [String: Any] = ["event": "prediction", "image": path, "probabilities": probabilities]
        if !outputs.isEmpty { object["outputs"] = outputs }
        return JSONLines.line(object)
    }
}

/// What stands on the command line of `predict`.
struct PredictOptions {
    var model = ""
    var images: [String] = []
    var recipe: String?
    var asIs = false
    var json = false
    var page: String?

    static let parser = ArgumentParser<PredictOptions>(
        command: "predict",
        summary: """
            Prints what a saved network makes of pictures, PNG, PGM or PPM of any size. For the network of a recipe \
            each is made like MNIST's images: light on dark, cropped, scaled to 20×20, centred by mass in 28×28; for \
            another network it is scaled to its input's size.
            """,
        arguments: [.argument("MODEL.safetensors", "the saved network", isRequired: true) { $0.model = $1 }],
        remaining: .argument("IMAGE…", "the pictures") { $0.images.append($1) },
        options: [
            .text("recipe", "NAME", "for a file that does not say it, as one that PyTorch wrote") { $0.recipe = $1 },
            .flag("as-is", "take pictures of 28×28 as they are") { $0.asIs = true },
            .flag("json", "print one JSON object for each picture") { $0.json = true },
            .text("page", "FILE", "write a page to draw on, with the network in it") { $0.page = $1 },
        ])
}
