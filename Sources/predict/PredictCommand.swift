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
        guard saved.recipe != nil || !options.split else {
            throw UsageError("--split: only for the network of a recipe, which takes digits")
        }
        if let page = options.page { try write(saved, of: options.model, toPage: page, json: options.json) }
        var firstError: FileError?
        for path in options.images {
            do {
                try predict(path, saved, options)
            } catch let error as FileError {
                // The other pictures may be good ones.
                printToStandardError("predict: \(printable("\(error)"))\n")
                firstError = firstError ?? error
            }
        }
        if let firstError { exit(exitCode(of: firstError)) }
    }

    /// Prints what the network makes of a picture.
    private static func predict(_ path: String, _ saved: SavedModel, _ options: PredictOptions) throws {
        // All answers first: where one is no number, nothing is printed.
        let read = try inputs(path, saved, options).map { ($0.shown, try saved.model.predict($0.pixels).heads) }
        if !options.json { try printLine(printable(path)) }
        for (place, (shown, answers)) in read.enumerated() {
            if options.json {
                try printLine(json(answers, path: path, place: options.split ? place : nil))
            } else {
                try printLine(terminalPicture(shown))
                for answer in answers { try printLine(text(answer)) }
            }
        }
        if options.split, !options.json {
            let words = read.map { _, answers in answers.first?.ranked.first?.name ?? "?" }
            let isDigits = words.allSatisfy { $0.count == 1 }
            try printLine("from left to right: \(printable(words.joined(separator: isDigits ? "" : ", ")))")
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
    /// network: prepared as MNIST's digits were, each digit where they are to be split; of another one: scaled to its
    /// input's size.
    private static func inputs(
        _ path: String, _ saved: SavedModel, _ options: PredictOptions
    ) throws -> [(shown: GrayImage, pixels: [UInt8])] {
        let shape = saved.model.graph.inputs[0].shape
        let name = URL(fileURLWithPath: path).lastPathComponent
        if saved.recipe != nil {
            let image = try GrayImage.loadDrawing(path)
            let digits = try options.asIs ? [image] : image.preparedDigits(name: name)
            guard digits.count == 1 || options.split else {
                throw FileError.badData(
                    file: name,
                    problem: "found \(digits.count) digits side by side, expected one (--split reads them from left to "
                        + "right)")
            }
            return try digits.map { digit in
                guard digit.height == shape.height, digit.width == shape.width else {
                    throw FileError.badData(
                        file: name,
                        problem: "found \(digit.height)×\(digit.width) pixels, expected "
                            + "\(shape.height)×\(shape.width)")
                }
                return (digit, digit.pixels)
            }
        }
        guard shape.channels == 1 || shape.channels == 3 else {
            throw FileError.badData(
                file: name, problem: "found a picture, expected \(shape) numbers, which the network takes")
        }
        let size = Extent(height: shape.height, width: shape.width)
        let gray = try Picture.load(path, color: .gray).resized(to: size)
        let picture = shape.channels == 1 ? gray : try Picture.load(path, color: .rgb).resized(to: size)
        let shown = try GrayImage(height: size.height, width: size.width, pixels: gray.pixels, name: name)
        return [(shown, picture.pixels)]
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

    /// The head's classes, the most probable first, down to those that round to nothing, and whether the first one is
    /// less sure than ``Prediction/leastConfidence``; or its numbers.
    private static func text(_ answer: Prediction.Head) -> String {
        guard !answer.classes.isEmpty else {
            return "\(printable(answer.name)): \(answer.output.map { "\($0)" }.joined(separator: " "))"
        }
        let shown = answer.ranked.enumerated().filter { $0.offset == 0 || $0.element.probability >= 0.0005 }
        let list = shown.map { _, answer in
            "\(printable(answer.name)) (\(String(format: "%.1f %%", answer.probability * 100)))"
        }
        let warning = answer.isUnsure ? " — not sure: below \(Int(Prediction.leastConfidence * 100)) %" : ""
        return "\(printable(answer.name)): \(list.joined(separator: ", "))\(warning)"
    }

    /// - Parameter place: Which of the picture's digits it is, from left to right, from 0 on; nil for a whole picture.
    private static func json(_ answers: [Prediction.Head], path: String, place: Int?) -> Data {
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
        object["unsure"] = answers.filter(\.isUnsure).map(\.name)
        if let place { object["place"] = place + 1 }
        return JSONLines.line(object)
    }
}

extension Prediction.Head {
    /// The classes, the most probable first.
    fileprivate var ranked: [(name: String, probability: Double)] {
        zip(classes, probabilities).map { ($0, Double($1)) }.sorted { $0.probability > $1.probability }
    }
}

/// What stands on the command line of `predict`.
struct PredictOptions {
    var model = ""
    var images: [String] = []
    var recipe: String?
    var asIs = false
    var split = false
    var json = false
    var page: String?

    static let parser = ArgumentParser<PredictOptions>(
        command: "predict",
        summary: """
            Prints what a saved network makes of pictures, JPEG, PNG, PGM or PPM of any size. For the network of a \
            recipe each is made like MNIST's images: the paper, its lines and shadows removed, light on dark, cropped, \
            scaled to 20×20, centred by mass in 28×28; for another network it is scaled to its input's size. A picture \
            that cannot be read does not stop the others; the exit code is then that of the first one's error.
            """,
        arguments: [.argument("MODEL.safetensors", "the saved network", isRequired: true) { $0.model = $1 }],
        remaining: .argument("IMAGE…", "the pictures") { $0.images.append($1) },
        options: [
            .text("recipe", "NAME", "for a file that does not say it, as one that PyTorch wrote") { $0.recipe = $1 },
            .flag("as-is", "take pictures of 28×28 as they are") { $0.asIs = true },
            .flag("split", "read all digits that stand side by side, from left to right") { $0.split = true },
            .flag("json", "print one JSON object for each picture") { $0.json = true },
            .page("page", "write a page that reads drawings and pictures, with the network in it") { $0.page = $1 },
        ])
}
