// Kernels take pointers. A gradient that is not wanted is an empty span for a loss and nil for its kernel.

@inline(__always)
func withPointers<Scalar, Result>(
    _ output: Span<Scalar>, _ gradient: inout MutableSpan<Scalar>, _ workspace: inout MutableSpan<Scalar>,
    _ body: (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>?, UnsafeMutablePointer<Scalar>) -> Result
) -> Result {
    output.withUnsafeBufferPointer { output in
        gradient.withUnsafeMutableBufferPointer { gradient in
            workspace.withUnsafeMutableBufferPointer { workspace in
                // Outputs and workspaces are of the plan's memory and have at least one number each.
                body(
                    output.baseAddress.unsafelyUnwrapped, gradient.isEmpty ? nil : gradient.baseAddress,
                    workspace.baseAddress.unsafelyUnwrapped)
            }
        }
    }
}

@inline(__always)
func withPointers<Scalar, Result>(
    _ output: Span<Scalar>, _ target: Span<Scalar>, _ gradient: inout MutableSpan<Scalar>,
    _ body: (UnsafePointer<Scalar>, UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>?) -> Result
) -> Result {
    output.withUnsafeBufferPointer { output in
        target.withUnsafeBufferPointer { target in
            gradient.withUnsafeMutableBufferPointer { gradient in
                // As above.
                body(
                    output.baseAddress.unsafelyUnwrapped, target.baseAddress.unsafelyUnwrapped,
                    gradient.isEmpty ? nil : gradient.baseAddress)
            }
        }
    }
}
