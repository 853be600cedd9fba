import LanesFiles
import LanesGraph
import LanesKernels

/// Exchange with PyTorch: tensors by the names, shapes and element order of a module's `state_dict()`.
extension Parameters where Scalar: SafetensorsElement {
    /// All parameters and state, F32 or F64 as the scalar is and counts as I64; `load_state_dict` takes it strictly.
    ///
    /// - Parameter metadata: The file's remarks; `format` tells libraries that load such files whose tensors they are.
    /// - Throws: `SafetensorsError` if a count of batches has been set to a number that is not whole.
    public func stateDictionary(metadata: [String: String] = ["format": "pt"]) throws(SafetensorsError) -> Safetensors {
        var file = Safetensors()
        file.metadata = metadata
        for slot in slots { file.tensors[slot.name] = try tensor(slot) }
        return file
    }

    /// The elements of all tensors of ``stateDictionary(metadata:)``, in the order of the graph, for a digest.
    ///
    /// - Throws: As ``stateDictionary(metadata:)`` does.
    package func bytes() throws(SafetensorsError) -> [UInt8] {
        var bytes: [UInt8] = []
        for slot in slots { bytes += try tensor(slot).bytes }
        return bytes
    }

    /// Takes all parameters and state from a file with exactly these tensors, such as PyTorch writes: F32 or F64, each
    /// rounded to the scalar where that is narrower, and counts as I64.
    ///
    /// - Throws: `SafetensorsError` that names the tensor if one is missing, unexpected, or of another shape or type, and
    ///   while a run uses the parameters. Then nothing is changed.
    public func load(_ file: Safetensors) throws(SafetensorsError) {
        var loaded: [[Scalar]] = []
        for slot in slots { loaded.append(try values(of: slot, in: file)) }
        if let other = file.tensors.keys.filter({ slot($0) == nil }).min() {
            throw SafetensorsError(
                .unexpected, "\(file.source): tensor \(other)", found: "no parameter of this name",
                expected: "only \(names.joined(separator: ", "))")
        }
        try replace(slots, by: loaded, from: file)
    }

    /// Takes the parameters and the state whose names are chosen from a file, which must have these, and leaves the
    /// others as they are: to go on from a network that was trained on something else.
    ///
    /// - Parameters:
    ///   - file: Tensors under PyTorch's names.
    ///   - isChosen: Whether to take a parameter, by its full name: `conv1.weight`.
    /// - Throws: `SafetensorsError` as `load(_:)`, also where no name is chosen. Then nothing is changed.
    public func load(_ file: Safetensors, where isChosen: (String) -> Bool) throws(SafetensorsError) {
        let chosen = slots.filter { isChosen($0.name) }
        guard !chosen.isEmpty else {
            throw SafetensorsError(
                .missing, file.source, found: "no parameter chosen",
                expected: "some of \(names.joined(separator: ", "))")
        }
        var loaded: [[Scalar]] = []
        for slot in chosen { loaded.append(try values(of: slot, in: file)) }
        try replace(chosen, by: loaded, from: file)
    }

    private func replace(_ slots: [Slot], by values: [[Scalar]], from file: Safetensors) throws(SafetensorsError) {
        let isDone = changing {
            for (slot, values) in zip(slots, values) { set(slot, values) }
        }
        guard isDone else {
            throw SafetensorsError(
                .busy, file.source, found: "parameters that a run uses", expected: "no run of theirs")
        }
    }

    private func tensor(_ slot: Slot) throws(SafetensorsError) -> Safetensors.Tensor {
        let (shape, values) = (slot.parameter.shape, values(slot))
        guard slot.parameter.isCount else { return try Safetensors.Tensor(shape: shape, values) }
        let counts = values.compactMap { Int64(exactly: $0) }
        guard counts.count == values.count else {
            throw SafetensorsError(
                .type, "parameter \(slot.name)", found: "\(values)", expected: "whole numbers that fit into I64")
        }
        return try Safetensors.Tensor(shape: shape, counts)
    }

    private func values(of slot: Slot, in file: Safetensors) throws(SafetensorsError) -> [Scalar] {
        let (name, shape) = (slot.name, slot.parameter.shape)
        if slot.parameter.isCount { return try file.values(name, shape: shape, as: Int64.self).map { Scalar($0) } }
        switch file.tensors[name]?.type {
        case .float32 where Scalar.self != Float.self:
            return try file.values(name, shape: shape, as: Float.self).map { Scalar($0) }
        case .float64 where Scalar.self != Double.self:
            return try file.values(name, shape: shape, as: Double.self).map { Scalar($0) }
        default: return try file.values(name, shape: shape, as: Scalar.self)
        }
    }
}

extension Parameters where Scalar == Float {
    /// The SHA-256 of all numbers, state included, as `bytes()` puts them: little-endian, in PyTorch's order.
    public func digest() throws(SafetensorsError) -> String {
        var digest = SHA256()
        digest.update(try bytes())
        return digest.hexadecimal()
    }
}
