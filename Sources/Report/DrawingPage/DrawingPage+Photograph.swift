extension DrawingPage {
    /// JavaScript that finds the ink on a photograph, under any light, as `Photograph` and `LocalPaper` do.
    static let photographScript = #"""
        /** An image with at most so many rows and columns. */
        function shrunk(image, most) {
          const { pixels, height, width } = image, longer = Math.max(height, width);
          if (longer <= most) return image;
          const [newHeight, newWidth] = [height, width].map(side => Math.max(1, Math.floor(side * most / longer)));
          const shape = { channels: 1, height: newHeight, width: newWidth };
          return { pixels: resizedPicture(pixels, height, width, shape), height: newHeight, width: newWidth };
        }

        /** A photograph of something written, as paper under any light. */
        class Photograph {
          constructor(picture) {
            const image = shrunk(picture, 320);
            /** Dark ink on lighter paper. */
            this.image = hasLightInk(image) ? { ...image, pixels: image.pixels.map(pixel => 255 - pixel) } : image;
          }

          /**
           * What is drawn on it, as of inkOnPaper.
           * @param onlyRuled Whether only ruled lines can be beside ink; where there are none, nothing is returned.
           */
          ink(onlyRuled) {
            const ruled = RuledLines.removed(this.image);
            if (ruled) {
              try {
                return Photograph.inkOf(ruled);
              } catch (error) {
                if (!(error instanceof ImageError)) throw error;
              }
            }
            return onlyRuled ? null : Photograph.inkOf(this.image);
          }

          static inkOf({ pixels, height, width }) {
            const strokeSide = Math.max(3, Math.floor(Math.min(height, width) * 22 / 100));
            const paper = localPaper({ pixels, height, width }, strokeSide);
            const half = pixels.length >> 1, middle = new Histogram(paper).valueAtRank(half);
            // Ink takes a share of the light that falls on it, in a shadow as well.
            const differences = Int32Array.from(pixels, (pixel, i) =>
              (paper[i] - pixel) * Math.max(middle, 1) / Math.max(paper[i], 24));
            // Most pixels are paper. Noise makes it look too light, by as much as their middle differs from it.
            const shift = differences.slice().sort()[half];
            const spread = differences.map(difference => Math.abs(difference - shift)).sort()[half];
            const contrasts = Uint8Array.from(
              differences, difference => Math.min(Math.max(difference - shift, 0), 255));
            const ink = inkOf({ pixels: contrasts, height, width }, 6 * spread, middle);
            const parts = new InkParts(ink, 85), digits = parts.digits();
            return digits.length === 0 ? ink : parts.only([digits.flat()], ink, 2)[0];
          }
        }

        /** How light the paper is in every place, wherever ink covers it: the closing of the smoothed picture. */
        function localPaper({ pixels, height, width }, side) {
          const smooth = smoothed(pixels, height, width);
          const invert = pixels => pixels.map(pixel => 255 - pixel);
          return invert(greatest(invert(greatest(smooth, height, width, side)), height, width, side));
        }

        /** The mean of 3×3 pixels; beyond the sides is what lies at them. */
        function smoothed(pixels, height, width) {
          const smooth = new Uint8Array(pixels.length);
          for (let row = 0; row < height; row++) {
            for (let column = 0; column < width; column++) {
              let sum = 4;
              for (let y = row - 1; y <= row + 1; y++) {
                const line = Math.min(Math.max(y, 0), height - 1) * width;
                for (let x = column - 1; x <= column + 1; x++) {
                  sum += pixels[line + Math.min(Math.max(x, 0), width - 1)];
                }
              }
              smooth[row * width + column] = sum / 9;
            }
          }
          return smooth;
        }

        /** The greatest pixel of the square around each, as far as it lies in the picture: along rows, then columns. */
        function greatest(pixels, height, width, side) {
          const half = side >> 1;
          let result = pixels;
          for (const [length, step, lines, lineStep] of [[width, 1, height, width], [height, width, width, 1]]) {
            const source = result;
            result = new Uint8Array(pixels.length);
            for (let line = 0; line < lines; line++) {
              const start = line * lineStep;
              for (let place = 0; place < length; place++) {
                const end = Math.min(length - 1, place + half);
                let greatest = 0;
                for (let near = Math.max(0, place - half); near <= end; near++) {
                  const pixel = source[start + near * step];
                  if (pixel > greatest) greatest = pixel;
                }
                result[start + place * step] = greatest;
              }
            }
          }
          return result;
        }

        /** Whether what is drawn is lighter than the paper: it lies farther from the mean of its surroundings. */
        function hasLightInk({ pixels, height, width }) {
          const half = Math.max(1, Math.floor(Math.min(height, width) / 5)), step = width + 1;
          // Of all pixels above and to the left.
          const sums = new Int32Array((height + 1) * step);
          for (let row = 0; row < height; row++) {
            let line = 0;
            for (let column = 0; column < width; column++) {
              line += pixels[row * width + column];
              sums[(row + 1) * step + column + 1] = sums[row * step + column + 1] + line;
            }
          }
          let skewness = 0;
          for (let row = 0; row < height; row++) {
            const top = Math.max(0, row - half), bottom = Math.min(height, row + half + 1);
            for (let column = 0; column < width; column++) {
              const left = Math.max(0, column - half), right = Math.min(width, column + half + 1);
              const sum = sums[bottom * step + right] - sums[bottom * step + left] - sums[top * step + right]
                + sums[top * step + left];
              const mean = Math.floor(sum / ((bottom - top) * (right - left)));
              skewness += (pixels[row * width + column] - mean) ** 3;
            }
          }
          return skewness > 0;
        }

        """#
}
