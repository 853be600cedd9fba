import Foundation
import LanesCommandLine
import LanesExchange
import LanesRecipes
import LanesTraining

/// The command `export`: a saved network in the format of other programs.
enum ExportCommand {
    static func run() throws {
        let options = ExportOptions.parser.parseOrExit(into: ExportOptions())
        let write = try writer(options)
        let model = try SavedModel(contentsOf: options.model, recipe: options.recipe).model
        try write(model)
        let inputs = model.graph.inputs.map { "\(printable($0.name)) \($0.shape)" }.joined(separator: ", ")
        let heads = model.graph.heads.enumerated().map { index, head in
            "\(printable(head.name)) \(model.graph.outputShape(ofHead: index))"
        }
        try printLine("\(printable(options.file)): \(inputs) → \(heads.joined(separator: ", "))")
    }

    /// What writes a model as the options say.
    ///
    /// - Throws: `UsageError` for options that do not fit together.
    private static func writer(_ options: ExportOptions) throws(UsageError) -> (Model) throws -> Void {
        let url = URL(fileURLWithPath: options.file)
        let input = options.input ?? InputValues.normalized.rawValue
        let values = InputValues(rawValue: input)
        let kinds = InputValues.allCases.map(\.rawValue)
        switch url.pathExtension.lowercased() {
        case "onnx":
            guard let values else { throw unknown(input, kinds, "for ONNX") }
            let settings = ONNXOptions(
                opset: options.opset ?? ONNXOptions().opset, input: values, probabilities: options.probabilities)
            return { try $0.write(onnx: url, settings) }
        case "mlmodel":
            guard options.opset == nil else { throw UsageError("--opset: only for ONNX") }
            let arrays = values.map(CoreMLOptions.Input.array)
            guard let kind = arrays ?? (input == CoreMLOptions.Input.image.name ? .image : nil) else {
                throw unknown(input, kinds + [CoreMLOptions.Input.image.name], "for Core ML")
            }
            return { try $0.write(coreML: url, CoreMLOptions(input: kind, probabilities: options.probabilities)) }
        default:
            throw UsageError("found '\(options.file)', expected a FILE whose name ends in .onnx or .mlmodel")
        }
    }

    private static func unknown(_ input: String, _ kinds: [String], _ format: String) -> UsageError {
        UsageError("--input: found '\(input)', expected one of \(kinds.joined(separator: ", ")) \(format)")
    }
}

/// What stands on the command line of `export`.
struct ExportOptions {
    var model = ""
    var file = ""
    var recipe: String?
    var opset: Int?
    var input: String?
    var probabilities = false

    static let parser = ArgumentParser<ExportOptions>(
        command: "export",
        summary: """
            Writes a saved network for other programs, by the file's name: as ONNX (.onnx), which onnxruntime and others \
            run, or for Apple's Core ML (.mlmodel). Inputs and outputs have the names of the network's inputs and heads.
            """,
        arguments: [
            .argument("MODEL.safetensors", "the saved network", isRequired: true) { $0.model = $1 },
            .argument("FILE", "where to write it: FILE.onnx or FILE.mlmodel", isRequired: true) { $0.file = $1 },
        ],
        options: [
            .text("recipe", "NAME", "for a file that does not say it, as one that PyTorch wrote") { $0.recipe = $1 },
            .integer("opset", "N", atLeast: 13, atMost: 17, "version of ONNX's operators, 17 unless given") {
                $0.opset = $1
            },
            .text("input", "KIND", "normalized (unless given), values (0…1), bytes (0…255), or image for Core ML") {
                $0.input = $1
            },
            .flag("probabilities", "of classes instead of logits; for Core ML, of one head: a classifier with labels") {
                $0.probabilities = true
            },
        ])
}
