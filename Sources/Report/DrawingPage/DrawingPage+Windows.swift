extension DrawingPage {
    /// The layers in JavaScript that slide a window over an image, and those that change its size.
    static let windowsScript = #"""
        /**
         * The windows along one axis: where each begins, which of its taps lie inside the image, and how many of them
         * inside the image with its padding.
         */
        function windowsAlong(size, kernel, stride, before, after, dilation, ceilMode) {
          const room = size + before + after - dilation * (kernel - 1) - 1;
          let windows = (ceilMode ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
          // One that begins behind the image does not count.
          if (ceilMode && (windows - 1) * stride >= size + before) windows -= 1;
          const inside = (start, size) => {
            const first = Math.min(kernel, Math.max(0, Math.ceil(-start / dilation)));
            return [first, Math.max(first, Math.min(kernel, Math.ceil((size - start) / dilation)))];
          };
          return Array.from({ length: windows }, (_, index) => {
            const start = index * stride - before;
            const [first, end] = inside(start, size), [outer, last] = inside(start + before, size + before + after);
            return { start, first, end, padded: last - outer };
          });
        }

        /** The windows of each row and of each column of the output. */
        function windowsOver({ height, width }, { kernel, stride, padding, dilation = [1, 1], ceilMode = false }) {
          const [top, left, bottom, right] = padding;
          return {
            rows: windowsAlong(height, kernel[0], stride[0], top, bottom, dilation[0], ceilMode),
            columns: windowsAlong(width, kernel[1], stride[1], left, right, dilation[1], ceilMode),
            dilation,
          };
        }

        /** Settings of a pool whose one window is the image. */
        const wholeImage = ({ height, width }) =>
          ({ kernel: [height, width], stride: [height, width], padding: [0, 0, 0, 0], countIncludePad: true });

        /** A layer that makes one number of each window of each channel. */
        function pool(settings, input, start, take, finish) {
          const { rows, columns, dilation } = windowsOver(input, settings), { channels } = input;
          const shape = { channels, height: rows.length, width: columns.length };
          const run = ([x], y) => {
            let place = 0;
            for (const row of rows) {
              for (const column of columns) {
                for (let c = 0; c < channels; c++) {
                  let value = start;
                  for (let i = row.first; i < row.end; i++) {
                    const line = (row.start + i * dilation[0]) * input.width + column.start;
                    for (let j = column.first; j < column.end; j++) {
                      value = take(value, x[(line + j * dilation[1]) * channels + c]);
                    }
                  }
                  y[place++] = finish(value, row, column);
                }
              }
            }
          };
          return { shape, run };
        }

        function maxPool(settings, [input]) {
          // NaN stays NaN.
          const greater = (greatest, x) => x > greatest || x !== x ? x : greatest;
          return pool(settings, input, -Infinity, greater, value => value);
        }

        function averagePool(settings, [input]) {
          const taps = settings.countIncludePad
            ? (row, column) => row.padded * column.padded
            : (row, column) => (row.end - row.first) * (column.end - column.first);
          const mean = (sum, row, column) => sum / Math.max(1, taps(row, column));
          return pool(settings, input, 0, (sum, x) => sum + x, mean);
        }

        /**
         * Four output channels at a time, so that a number of the input is read once for four products and their sums
         * stay in registers. Where nothing lies between the taps of a window's row, they are one run of numbers.
         */
        function convolution(settings, [input], parameter) {
          const { channels, groups, hasBias, kernel: [kernelHeight, kernelWidth] } = settings;
          const { rows, columns, dilation } = windowsOver(input, settings);
          const depth = input.channels / groups, width = channels / groups, blocks = Math.ceil(width / 4);
          const weight = parameter("weight"), bias = hasBias ? parameter("bias") : new Float32Array(channels);
          // [groups][blocks][kernel height][kernel width][depth][4], with zeros behind the last channel of a group.
          const taps = kernelHeight * kernelWidth, patch = taps * depth * 4;
          const panels = new Float64Array(groups * blocks * patch);
          for (let i = 0; i < weight.length; i++) {
            const tap = i % taps, c = Math.floor(i / taps) % depth, channel = Math.floor(i / (taps * depth));
            const group = Math.floor(channel / width), own = channel % width;
            panels[((group * blocks + (own >> 2)) * taps + tap) * depth * 4 + c * 4 + own % 4] = weight[i];
          }
          const isJoined = groups === 1 && dilation[1] === 1;
          const shape = { channels, height: rows.length, width: columns.length };

          /** The channels from `first` on, `lanes` of them, at all positions. */
          const runBlock = (x, y, offset, panel, first, lanes) => {
            const step = input.channels;
            const [b0, b1, b2, b3] = [0, 1, 2, 3].map(lane => lane < lanes ? bias[first + lane] : 0);
            let target = first;
            for (let r = 0; r < rows.length; r++) {
              const row = rows[r];
              for (let q = 0; q < columns.length; q++) {
                const column = columns[q];
                const runs = isJoined ? 1 : column.end - column.first;
                const length = isJoined ? (column.end - column.first) * depth : depth;
                let s0 = b0, s1 = b1, s2 = b2, s3 = b3;
                for (let i = row.first; i < row.end; i++) {
                  const line = (row.start + i * dilation[0]) * input.width + column.start;
                  for (let run = 0; run < runs; run++) {
                    const j = column.first + run;
                    let place = (line + j * dilation[1]) * step + offset;
                    let w = panel + (i * kernelWidth + j) * depth * 4;
                    for (const end = place + length; place < end; place++, w += 4) {
                      const value = x[place];
                      s0 += value * panels[w];
                      s1 += value * panels[w + 1];
                      s2 += value * panels[w + 2];
                      s3 += value * panels[w + 3];
                    }
                  }
                }
                y[target] = s0;
                if (lanes > 1) y[target + 1] = s1;
                if (lanes > 2) y[target + 2] = s2;
                if (lanes > 3) y[target + 3] = s3;
                target += channels;
              }
            }
          };
          const run = ([x], y) => {
            for (let group = 0; group < groups; group++) {
              for (let block = 0; block < blocks; block++) {
                const lanes = Math.min(4, width - block * 4), panel = (group * blocks + block) * patch;
                runBlock(x, y, group * depth, panel, group * width + block * 4, lanes);
              }
            }
          };
          return { shape, run };
        }

        /** Adds each input number times its weights to where the convolution, whose adjoint it is, would read. */
        function transposedConvolution(settings, [input], parameter) {
          const { channels, groups, hasBias, kernel, stride, padding, dilation, outputPadding } = settings;
          const [height, width] = [0, 1].map(axis => {
            const pads = padding[axis] + padding[axis + 2], size = axis === 0 ? input.height : input.width;
            return (size - 1) * stride[axis] - pads + dilation[axis] * (kernel[axis] - 1) + outputPadding[axis] + 1;
          });
          const weight = parameter("weight"), bias = hasBias ? parameter("bias") : new Float32Array(channels);
          const { rows, columns } = windowsOver({ height, width }, settings);
          const depth = input.channels / groups, own = channels / groups, taps = kernel[0] * kernel[1];
          const sums = new Float64Array(height * width * channels);
          const run = ([x], y) => {
            for (let i = 0; i < sums.length; i++) sums[i] = bias[i % channels];
            for (let place = 0; place < x.length; place++) {
              const c = place % input.channels, first = Math.floor(c / depth) * own;
              const position = Math.floor(place / input.channels);
              const row = rows[Math.floor(position / input.width)], column = columns[position % input.width];
              for (let i = row.first; i < row.end; i++) {
                for (let j = column.first; j < column.end; j++) {
                  const line = (row.start + i * dilation[0]) * width + column.start + j * dilation[1];
                  const target = line * channels + first, tap = i * kernel[1] + j;
                  for (let o = 0; o < own; o++) sums[target + o] += x[place] * weight[(c * own + o) * taps + tap];
                }
              }
            }
            y.set(sums);
          };
          return { shape: { channels, height, width }, run };
        }

        function upsample({ target: { factor, size }, interpolation }, [input]) {
          const { channels } = input, { fround } = Math;
          const [height, width] = size ? size._0 : [input.height * factor._0[0], input.width * factor._0[1]];
          // Where a row or a column comes from: two neighbours, and the share of the second.
          const sources = (from, to) => Array.from({ length: to }, (_, index) => {
            if (interpolation === "nearest") {
              const first = Math.min(Math.floor(fround(index * fround(from / to))), from - 1);
              return { first, second: first, share: 0 };
            }
            const center = Math.max((index + 0.5) * (from / to) - 0.5, 0);
            const first = Math.min(Math.floor(center), from - 1);
            return { first, second: Math.min(first + 1, from - 1), share: center - first };
          });
          const rows = sources(input.height, height), columns = sources(input.width, width);
          const run = ([x], y) => {
            let place = 0;
            for (const row of rows) {
              for (const column of columns) {
                for (let c = 0; c < channels; c++) {
                  const at = (i, j) => x[(i * input.width + j) * channels + c];
                  const along = i => at(i, column.first) * (1 - column.share) + at(i, column.second) * column.share;
                  y[place++] = along(row.first) * (1 - row.share) + along(row.second) * row.share;
                }
              }
            }
          };
          return { shape: { channels, height, width }, run };
        }

        """#
}
