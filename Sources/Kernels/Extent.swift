/// A height and a width; a literal stands for a square.
public struct Extent: Equatable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Rows.
    public var height: Int
    /// Columns.
    public var width: Int

    /// Any numbers are taken here; the layer that uses them says which make sense.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    public init(integerLiteral size: Int) { self.init(height: size, width: size) }

    public var description: String { "\(height)×\(width)" }
}

/// The rows and columns of zeros around an image; a literal stands for the same on all four sides.
public struct Padding: Equatable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Rows above the image.
    public var top: Int
    /// Columns on its left.
    public var left: Int
    /// Rows below it.
    public var bottom: Int
    /// Columns on its right.
    public var right: Int

    /// Each side has a number of its own, 0 or more.
    public init(top: Int, left: Int, bottom: Int, right: Int) {
        self.top = top
        self.left = left
        self.bottom = bottom
        self.right = right
    }

    /// The same number of rows and columns on all four sides.
    public init(_ all: Int) { self.init(height: all, width: all) }

    /// `height` rows above and as many below, `width` columns on the left and as many on the right.
    public init(height: Int, width: Int) { self.init(top: height, left: width, bottom: height, right: width) }

    public init(integerLiteral all: Int) { self.init(all) }

    /// What lets a window of stride 1 give as many outputs as there are inputs, as PyTorch's `padding='same'`: dilation ·
    /// (kernel − 1) in each direction, an odd one at the bottom and on the right.
    public static func same(kernel: Extent, dilation: Extent = 1) -> Padding {
        let height = dilation.height * (kernel.height - 1)
        let width = dilation.width * (kernel.width - 1)
        return Padding(
            top: height / 2, left: width / 2, bottom: height - height / 2, right: width - width / 2)
    }

    /// Height × width if opposite sides are equal, otherwise top, left, bottom and right.
    public var description: String {
        top == bottom && left == right ? "\(top)×\(left)" : "\(top) \(left) \(bottom) \(right)"
    }
}
