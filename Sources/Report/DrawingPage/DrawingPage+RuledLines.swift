extension DrawingPage {
    /// JavaScript that takes ruled lines out of a photograph as `RuledLines` does. Lines are of Float, so each step
    /// here is rounded to it.
    static let ruledLinesScript = #"""
        /** The ruled lines of paper, told by ridges: pixels that are darker than those above and below. */
        class RuledLines {
          /** The picture without its lines; null if it has none. */
          static removed(image) {
            const across = new RuledLines(image), down = new RuledLines(transposed(across));
            return across.areFound || down.areFound ? transposed(down) : null;
          }

          /** Replaces every line by what lies above and below it. */
          constructor({ pixels, height, width }) {
            Object.assign(this, { pixels: pixels.slice(), height, width, areFound: false });
            /** How far above and below a line its surroundings are looked at, in pixels. */
            this.reach = Math.max(2, Math.floor(Math.min(height, width) / 60));
            if (height <= 4 * this.reach || width <= 4 * this.reach) return;
            const ridges = this.ridges(), found = this.lines(ridges);
            this.areFound = found.length > 0;
            for (const line of found) this.erase(line, ridges);
          }

          /** How much darker each pixel is than those at the reach's distance; 0 near the upper and lower side. */
          ridges() {
            const { pixels, height, width, reach } = this, ridges = new Uint8Array(pixels.length);
            for (let i = reach * width; i < (height - reach) * width; i++) {
              ridges[i] = Math.max(0, Math.min(pixels[i - reach * width], pixels[i + reach * width]) - pixels[i]);
            }
            return ridges;
          }

          /** The lines, none of which touches another. */
          lines(ridges) {
            const { height, width, reach } = this, { fround } = Math, isRidge = this.seen(ridges), candidates = [];
            // Float's π, which is rounded towards 0.
            const pi = 13176794 / 2 ** 22;
            for (let halfDegrees = -24; halfDegrees <= 24; halfDegrees++) {
              // tan x is x + x³/3 nearly enough.
              const angle = fround(fround(halfDegrees * pi) / 360);
              const slope = fround(angle + fround(fround(fround(angle * angle) * angle) / 3));
              const rise = fround(slope * (width - 1)), end = fround(height - Math.min(0, rise));
              for (let start = Math.min(0, -rise); start < end; start = fround(start + 1)) {
                const share = this.share(isRidge, start, slope);
                if (share !== null) candidates.push({ start, slope, share });
              }
            }
            const found = [];
            for (const line of candidates.sort((a, b) => b.share - a.share)) {
              const isNew = found.every(other => {
                const [left, right] = [0, width - 1].map(column => rowOf(line, column) - rowOf(other, column));
                return Math.min(Math.abs(left), Math.abs(right)) > reach && (left < 0) === (right < 0);
              });
              if (isNew) found.push(line);
              if (found.length === Math.floor(height / (2 * reach))) break;
            }
            return found;
          }

          /** Where a ridge rises above what noise makes of paper, there or one pixel above or below. */
          seen(ridges) {
            const noise = new Histogram(ridges).valueAtRank(Math.floor(ridges.length * 3 / 4));
            const least = Math.min(255, Math.max(5, 2 * noise)), { width } = this;
            // Beyond the ends there is no number, and that is less.
            return ridges.map((ridge, i) => ridge >= least || ridges[i - width] >= least || ridges[i + width] >= least);
          }

          /** The part of a line's columns in which there is a ridge; null where that is too small for a line. */
          share(isRidge, start, slope) {
            const { height, width } = this, { fround } = Math;
            let lower = 0, upper = width;
            if (slope !== 0) {
              // Where the row is one of the picture's.
              const ends = [fround(-start / slope), fround(fround(height - 1 - start) / slope)];
              lower = Math.max(0, Math.ceil(Math.min(...ends)));
              upper = Math.min(width, Math.floor(Math.max(...ends)) + 1);
            } else if (start < 0 || start > height - 1) {
              return null;
            }
            if (upper - lower <= Math.floor(width / 3)) return null;
            const fifth = Math.floor((upper - lower) / 5);
            const shareOf = (first, end) => {
              let seen = 0;
              for (let column = first; column < end; column++) {
                const row = Math.min(Math.max(rowOf({ start, slope }, column), 0), height - 1);
                seen += isRidge[row * width + column];
              }
              return fround(seen / (end - first));
            };
            const first = shareOf(lower, lower + fifth);
            if (!(first > fround(0.7))) return null;
            const last = shareOf(upper - fifth, upper);
            if (!(last > fround(0.7))) return null;
            const middle = shareOf(lower + fifth, upper - fifth);
            return middle > fround(0.4) ? fround(fround(fround(first + last) + fround(3 * middle)) / 5) : null;
          }

          /** Draws each column of the line anew, from the pixel above it to the one below. */
          erase(line, ridges) {
            const { pixels, height, width, reach } = this;
            // The sum of the ridges at each distance tells how thick it is.
            const profile = Array.from({ length: 2 * reach + 1 }, (_, offset) => {
              let sum = 0;
              for (let column = 0; column < width; column++) {
                const row = rowOf(line, column) + offset - reach;
                if (row >= 0 && row < height) sum += ridges[row * width + column];
              }
              return sum;
            });
            const peak = Math.max(...profile), isThick = sum => 4 * sum > peak;
            const first = profile.findIndex(isThick), last = profile.findLastIndex(isThick);
            const above = 1 + (first < 0 ? 0 : reach - first), below = 1 + (last < 0 ? 0 : last - reach);
            for (let column = 0; column < width; column++) {
              const top = rowOf(line, column) - above, bottom = rowOf(line, column) + below;
              if (top >= height - 1 || bottom <= 0) continue;
              const upper = pixels[Math.max(top, 0) * width + column];
              const lower = pixels[Math.min(bottom, height - 1) * width + column];
              // Beyond the picture's side there is what lies on the other side of the line.
              const start = top < 0 ? lower : upper, end = bottom >= height ? upper : lower;
              for (let row = Math.max(top + 1, 0); row < Math.min(bottom, height); row++) {
                const value = start + Math.trunc((end - start) * (row - top) / (bottom - top));
                pixels[row * width + column] = Math.max(value, pixels[row * width + column]);
              }
            }
          }
        }

        /** The row in which a line crosses the column. */
        function rowOf({ start, slope }, column) {
          const row = Math.fround(start + Math.fround(slope * column));
          return row < 0 ? -Math.floor(0.5 - row) : Math.floor(row + 0.5);
        }

        /** Rows as columns. */
        function transposed({ pixels, height, width }) {
          const turned = new Uint8Array(pixels.length);
          for (let i = 0; i < turned.length; i++) turned[i] = pixels[i % height * width + Math.floor(i / height)];
          return { pixels: turned, height: width, width: height };
        }

        """#
}
