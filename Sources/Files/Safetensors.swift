import Foundation

/// Named tensors in the safetensors format of Hugging Face, which PyTorch users read and write with
/// `safetensors.torch.load_file` and `save_file`.
///
/// A file is the header's length N as a little-endian 64-bit number, N bytes of JSON that name each tensor's type,
/// shape and place, and the elements in C order, little-endian. Source: github.com/huggingface/safetensors, "Format".
public struct Safetensors: Sendable {
    /// The tensors by name.
    public var tensors: [String: Tensor] = [:]
    /// Remarks that the file carries beside its tensors.
    public var metadata: [String: String] = [:]
    /// Where the tensors come from, a file's name as a rule; errors begin with it.
    public let source: String

    /// No tensors, to be filled and written.
    public init() { self.init(source: "new safetensors file") }

    package init(source: String) { self.source = source }

    /// Reads a file.
    ///
    /// - Throws: ``FileError`` if it cannot be read, ``SafetensorsError`` if its content is not what the format says.
    public init(contentsOf url: URL) throws {
        let file = try FileStream(url.path)
        try self.init(ByteReader(file, name: url.lastPathComponent), size: file.remaining ?? 0)
    }

    /// Writes the tensors to a file, atomically.
    ///
    /// - Throws: ``FileError`` if it cannot be written, ``SafetensorsError`` if the format cannot hold it.
    public func write(to url: URL) throws {
        let (header, ordered) = try layout()
        try AtomicFile.write([header] + ordered.map(\.value.bytes), to: url)
    }

    /// The elements of the tensor of that name, in C order.
    ///
    /// - Parameters:
    ///   - name: The tensor's name.
    ///   - shape: The shape that the caller needs; nil takes any.
    ///   - type: The Swift type of the elements; the tensor must hold just these.
    /// - Throws: ``SafetensorsError`` if there is no such tensor, or one of another type or shape.
    public func values<Element: SafetensorsElement>(
        _ name: String, shape: [Int]? = nil, as type: Element.Type
    ) throws(SafetensorsError) -> [Element] {
        let place = "\(source): tensor \(name)"
        guard let tensor = tensors[name] else {
            throw SafetensorsError(.missing, place, found: "no such tensor", expected: "one of type \(type.dataType)")
        }
        guard tensor.type == type.dataType else {
            throw SafetensorsError(.type, place, found: "type \(tensor.type)", expected: "\(type.dataType)")
        }
        guard shape == nil || shape == tensor.shape else {
            throw SafetensorsError(.shape, place, found: "shape \(tensor.shape)", expected: "\(shape ?? [])")
        }
        return [Element](unsafeUninitializedCapacity: tensor.count) { elements, count in
            UnsafeMutableRawBufferPointer(elements).copyBytes(from: tensor.bytes)
            count = tensor.count
        }
    }
}

extension Safetensors {
    /// A shape and the elements, in C order.
    public struct Tensor: Sendable, Equatable {
        /// The sizes, outermost first; empty for a scalar.
        public let shape: [Int]
        /// The elements' type.
        public let type: DataType
        /// The elements as the file holds them: in C order, little-endian, as Swift's platforms have them in memory.
        public let bytes: [UInt8]

        /// The number of elements.
        public var count: Int { bytes.count / type.size }

        /// A tensor of the elements, in C order.
        ///
        /// - Throws: ``SafetensorsError`` if the shape does not have that many elements.
        public init<Element: SafetensorsElement>(shape: [Int], _ elements: [Element]) throws(SafetensorsError) {
            let bytes = elements.withUnsafeBytes { [UInt8]($0) }
            try self.init(shape: shape, type: Element.dataType, bytes: bytes, place: "new tensor")
        }

        /// - Throws: ``SafetensorsError`` with the place if the bytes are not as many as the shape needs.
        init(shape: [Int], type: DataType, bytes: [UInt8], place: String) throws(SafetensorsError) {
            try Tensor.check(shape, type, byteCount: bytes.count, place: place)
            (self.shape, self.type, self.bytes) = (shape, type, bytes)
        }

        static func check(
            _ shape: [Int], _ type: DataType, byteCount: Int, place: String
        ) throws(SafetensorsError) {
            var needed = type.size
            for size in shape {
                let (product, overflow) = needed.multipliedReportingOverflow(by: size)
                guard size >= 0, !overflow else {
                    let expected = "sizes from 0 whose product is below 2^63 bytes"
                    throw SafetensorsError(.shape, place, found: "shape \(shape) of \(type)", expected: expected)
                }
                needed = product
            }
            guard byteCount == needed else {
                let expected = "\(needed) for shape \(shape) of \(type)"
                throw SafetensorsError(.shape, place, found: "\(byteCount) bytes", expected: expected)
            }
        }
    }

    /// The types of elements, by the names that the format gives them.
    public enum DataType: String, Sendable, CaseIterable {
        /// One byte, 0 or 1.
        case bool = "BOOL"
        /// Whole numbers from 0 to 2⁸ − 1.
        case uint8 = "U8"
        /// Whole numbers from 0 to 2¹⁶ − 1.
        case uint16 = "U16"
        /// Whole numbers from 0 to 2³² − 1.
        case uint32 = "U32"
        /// Whole numbers from 0 to 2⁶⁴ − 1.
        case uint64 = "U64"
        /// Whole numbers from −2⁷ to 2⁷ − 1.
        case int8 = "I8"
        /// Whole numbers from −2¹⁵ to 2¹⁵ − 1.
        case int16 = "I16"
        /// Whole numbers from −2³¹ to 2³¹ − 1.
        case int32 = "I32"
        /// Whole numbers from −2⁶³ to 2⁶³ − 1.
        case int64 = "I64"
        /// IEEE 754 binary16: 11 significant bits.
        case float16 = "F16"
        /// The upper half of a binary32: 8 significant bits.
        case bfloat16 = "BF16"
        /// IEEE 754 binary32, Swift's Float.
        case float32 = "F32"
        /// IEEE 754 binary64, Swift's Double.
        case float64 = "F64"

        /// Bytes an element.
        public var size: Int {
            switch self {
            case .bool, .uint8, .int8: 1
            case .uint16, .int16, .float16, .bfloat16: 2
            case .uint32, .int32, .float32: 4
            case .uint64, .int64, .float64: 8
            }
        }
    }
}

extension Safetensors.DataType: CustomStringConvertible {
    /// The format's name of the type.
    public var description: String { rawValue }
}

/// A Swift type whose values a safetensors file can hold: plain bits without padding or references.
public protocol SafetensorsElement: BitwiseCopyable {
    /// The format's type of these values.
    static var dataType: Safetensors.DataType { get }
}

extension Float: SafetensorsElement {
    /// F32.
    public static var dataType: Safetensors.DataType { .float32 }
}
extension Double: SafetensorsElement {
    /// F64.
    public static var dataType: Safetensors.DataType { .float64 }
}
extension UInt8: SafetensorsElement {
    /// U8.
    public static var dataType: Safetensors.DataType { .uint8 }
}
extension Int32: SafetensorsElement {
    /// I32.
    public static var dataType: Safetensors.DataType { .int32 }
}
extension Int64: SafetensorsElement {
    /// I64.
    public static var dataType: Safetensors.DataType { .int64 }
}

/// Content that is not as the safetensors format or the caller needs it.
public struct SafetensorsError: Error, Equatable, CustomStringConvertible {
    /// What kind of problem it is, for programs that handle it.
    public enum Kind: Sendable {
        /// The file's or the header's length.
        case length
        /// The header is not the JSON that the format asks for.
        case header
        /// A name that occurs twice or is the format's own.
        case name
        /// A type that is unknown, or is not the one asked for.
        case type
        /// A shape that is impossible, does not match the number of bytes, or is not the one asked for.
        case shape
        /// Tensors that overlap, leave a hole or do not end with the file.
        case layout
        /// No tensor of that name.
        case missing
        /// A tensor that the caller has no use for.
        case unexpected
        /// A run is using the parameters that the tensors are for.
        case busy
    }

    /// What is wrong.
    public let kind: Kind
    /// Where: the file and, where there is one, the tensor.
    public let place: String
    /// What is there.
    public let found: String
    /// What should be.
    public let expected: String

    package init(_ kind: Kind, _ place: String, found: String, expected: String) {
        self.kind = kind
        self.place = place
        self.found = found
        self.expected = expected
    }

    /// All of it in one line.
    public var description: String { "\(place): found \(found), expected \(expected)" }
}
