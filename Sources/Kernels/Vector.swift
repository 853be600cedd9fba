/// The number of lanes of a vector, and the width of the panels that matrices are packed into.
@usableFromInline package let vectorWidth = 16

/// `count` rounded up to whole vectors.
@inlinable
package func roundedToVectors(_ count: Int) -> Int { (count + vectorWidth - 1) / vectorWidth * vectorWidth }

/// Whether `multiplyAdd` rounds once. Where it rounds twice, results differ in their last bits from those of all other builds.
@inline(__always)
package var hasFusedMultiplyAdd: Bool {
    #if arch(x86_64) && !LANES_FMA
        false
    #else
        true
    #endif
}

/// Whether a vector of Floats is one register, of which there are 32.
@inline(__always)
var hasAVX512: Bool {
    #if arch(x86_64) && LANES_AVX512 && !LANES_PORTABLE
        true
    #else
        false
    #endif
}

/// accumulator + a·b, rounded once where the processor has a fused multiply-add.
@inline(__always)
func multiplyAdd<Scalar: KernelScalar, Lanes: SIMD<Scalar>>(_ accumulator: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes {
    hasFusedMultiplyAdd ? accumulator.addingProduct(a, b) : accumulator + a * b
}

/// Reads the first `lanes` numbers at `pointer`; the other lanes are zero.
@inline(__always)
func load<Element: SIMDScalar & Numeric>(_ pointer: UnsafePointer<Element>, lanes: Int = 16) -> SIMD16<Element> {
    let bytes = UnsafeRawPointer(pointer)
    if lanes == 16 { return bytes.loadUnaligned(as: SIMD16<Element>.self) }
    // Channels often come in eights and fours.
    var vector = SIMD16<Element>(repeating: 0)
    if lanes == 8 {
        vector.lowHalf = bytes.loadUnaligned(as: SIMD8<Element>.self)
        return vector
    }
    if lanes == 4 {
        vector.lowHalf.lowHalf = bytes.loadUnaligned(as: SIMD4<Element>.self)
        return vector
    }
    return loadPart(pointer, lanes: lanes)
}

/// Any number of lanes below 16, in pieces: lane by lane, through memory, a step of LeNet (6 channels) took 1.3 to 1.5 times as
/// long.
@inline(never)
private func loadPart<Element: SIMDScalar & Numeric>(_ pointer: UnsafePointer<Element>, lanes: Int) -> SIMD16<Element> {
    let bytes = UnsafeRawPointer(pointer)
    var vector = SIMD16<Element>(repeating: 0)
    if lanes >= 8 {
        vector.lowHalf = bytes.loadUnaligned(as: SIMD8<Element>.self)
        vector.highHalf = loadPart8(pointer + 8, lanes: lanes - 8)
    } else {
        vector.lowHalf = loadPart8(pointer, lanes: lanes)
    }
    return vector
}

@inline(__always)
private func loadPart8<Element: SIMDScalar & Numeric>(_ pointer: UnsafePointer<Element>, lanes: Int) -> SIMD8<Element> {
    let bytes = UnsafeRawPointer(pointer)
    var vector = SIMD8<Element>(repeating: 0)
    if lanes >= 4 {
        vector.lowHalf = bytes.loadUnaligned(as: SIMD4<Element>.self)
        vector.highHalf = loadPart4(pointer + 4, lanes: lanes - 4)
    } else {
        vector.lowHalf = loadPart4(pointer, lanes: lanes)
    }
    return vector
}

@inline(__always)
private func loadPart4<Element: SIMDScalar & Numeric>(_ pointer: UnsafePointer<Element>, lanes: Int) -> SIMD4<Element> {
    switch lanes {
    case 1: SIMD4(pointer[0], 0, 0, 0)
    case 2: SIMD4(pointer[0], pointer[1], 0, 0)
    case 3: SIMD4(pointer[0], pointer[1], pointer[2], 0)
    default: SIMD4(repeating: 0)
    }
}

@inline(__always)
func load<Element: SIMDScalar & Numeric>(_ pointer: UnsafeMutablePointer<Element>, lanes: Int = 16) -> SIMD16<Element> {
    load(UnsafePointer(pointer), lanes: lanes)
}

/// Writes the first `lanes` numbers of `vector`.
@inline(__always)
func store<Element: SIMDScalar>(_ vector: SIMD16<Element>, to pointer: UnsafeMutablePointer<Element>, lanes: Int = 16) {
    let bytes = UnsafeMutableRawPointer(pointer)
    if lanes == 16 { return bytes.storeBytes(of: vector, as: SIMD16<Element>.self) }
    if lanes == 8 { return bytes.storeBytes(of: vector.lowHalf, as: SIMD8<Element>.self) }
    if lanes == 4 { return bytes.storeBytes(of: vector.lowHalf.lowHalf, as: SIMD4<Element>.self) }
    storePart(vector, to: pointer, lanes: lanes)
}

@inline(never)
private func storePart<Element: SIMDScalar>(
    _ vector: SIMD16<Element>, to pointer: UnsafeMutablePointer<Element>, lanes: Int
) {
    if lanes >= 8 {
        UnsafeMutableRawPointer(pointer).storeBytes(of: vector.lowHalf, as: SIMD8<Element>.self)
        storePart8(vector.highHalf, to: pointer + 8, lanes: lanes - 8)
    } else {
        storePart8(vector.lowHalf, to: pointer, lanes: lanes)
    }
}

@inline(__always)
private func storePart8<Element: SIMDScalar>(
    _ vector: SIMD8<Element>, to pointer: UnsafeMutablePointer<Element>, lanes: Int
) {
    var (four, pointer, rest) = (vector.lowHalf, pointer, lanes)
    if rest >= 4 {
        UnsafeMutableRawPointer(pointer).storeBytes(of: four, as: SIMD4<Element>.self)
        (four, pointer, rest) = (vector.highHalf, pointer + 4, rest - 4)
    }
    if rest > 0 { pointer[0] = four.x }
    if rest > 1 { pointer[1] = four.y }
    if rest > 2 { pointer[2] = four.z }
}

/// The first `lanes` numbers of `vector`, with zero in the other lanes.
@inline(__always)
func keeping<Scalar: KernelScalar>(_ vector: SIMD16<Scalar>, lanes: Int) -> SIMD16<Scalar> {
    var kept = vector
    if lanes < vectorWidth {
        for lane in lanes..<vectorWidth { kept[lane] = 0 }
    }
    return kept
}

/// The vectors that `count` numbers are: (offset, lanes), with 16 lanes, and in the last one what is left over.
///
/// A sequence and not a function that takes a closure, because a body of some size then is not inlined: Adam, called
/// vector by vector, took 1.7 times as long.
@inline(__always)
func vectors(_ count: Int) -> Vectors { Vectors(count: count) }

struct Vectors: Sequence, IteratorProtocol {
    let count: Int
    var offset = 0

    @inline(__always)
    mutating func next() -> (offset: Int, lanes: Int)? {
        guard offset < count else { return nil }
        defer { offset += vectorWidth }
        return (offset, Swift.min(vectorWidth, count - offset))
    }
}

/// Calls `whole` for the offset of every whole vector of `count` numbers, and `rest` for what is left over, if anything: (offset,
/// lanes).
///
/// For loops that compute much: where a vector may be partial the compiler takes all of them to pieces. Adam took 1.7 times as
/// long.
@inline(__always)
func forEachVector(_ count: Int, _ whole: (Int) -> Void, rest: (_ offset: Int, _ lanes: Int) -> Void) {
    let end = count / vectorWidth * vectorWidth
    for offset in stride(from: 0, to: end, by: vectorWidth) { whole(offset) }
    if end < count { rest(end, count - end) }
}

/// Calls `body` as a function of its own.
///
/// For what is called often and does little: a specialised function begins with a look at which scalar it has, and the code
/// for scalars of any type, which nobody calls, stands in it too and looks up the types of all its vectors before that.
/// Steps of small networks take 0.87 to 0.98 of the time.
@inline(never)
func apart<Result>(_ body: () -> Result) -> Result { body() }

/// The sum of the lanes, by halves.
@inline(__always)
func sum<Scalar: KernelScalar>(_ vector: SIMD16<Scalar>) -> Scalar {
    let eight = vector.lowHalf + vector.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
}
