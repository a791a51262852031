/**
 * Value noise over a canvas, octave by octave.
 *
 * @module
 */
import type { Canvas } from "./canvas.ts";
import { hash2 } from "./hash.ts";

interface Octave {
  /** Distance of the lattice's nodes, metres. */
  readonly cellM: number;
  /** Largest departure from 0. */
  readonly amplitude: number;
  readonly seed: number;
}

/** Adds each octave to `out` (one value a pixel); octaves finer than the canvas are left out. */
export function addNoise(canvas: Canvas, out: Float32Array, octaves: readonly Octave[]): void {
  for (const octave of octaves) {
    if (octave.cellM >= canvas.gsdM * 0.99) addOctave(canvas, out, octave);
  }
}

/** Bilinear between hashed nodes with a smooth step; node places depend on the world alone. */
function addOctave(canvas: Canvas, out: Float32Array, octave: Octave): void {
  const { sizePx, gsdM } = canvas;
  const { cellM, amplitude, seed } = octave;
  const firstX = Math.floor(canvas.westM / cellM), lastX = Math.floor(canvas.eastM / cellM) + 1;
  const firstY = Math.floor(canvas.southM / cellM), lastY = Math.floor(canvas.northM / cellM) + 1;
  const across = lastX - firstX + 2;
  const lattice = new Float32Array(across * (lastY - firstY + 2));
  for (let y = firstY; y <= lastY + 1; y++) {
    for (let x = firstX; x <= lastX + 1; x++) {
      const value = hash2(x, y, seed) / 2147483648 - 1;
      lattice[(y - firstY) * across + (x - firstX)] = amplitude * value;
    }
  }
  const cells = new Int32Array(sizePx), weights = new Float32Array(sizePx);
  for (let x = 0; x < sizePx; x++) {
    const place = (canvas.westM + (x + 0.5) * gsdM) / cellM - firstX;
    cells[x] = Math.floor(place);
    weights[x] = smooth(place - cells[x]);
  }
  const edge = new Float32Array(across);
  for (let y = 0; y < sizePx; y++) {
    const place = (canvas.northM - (y + 0.5) * gsdM) / cellM - firstY;
    const row = Math.floor(place), weight = smooth(place - row);
    for (let i = 0, a = row * across; i < across; i++, a++) {
      edge[i] = lattice[a] + weight * (lattice[a + across] - lattice[a]);
    }
    for (let x = 0, o = y * sizePx; x < sizePx; x++, o++) {
      const c = cells[x];
      out[o] += edge[c] + weights[x] * (edge[c + 1] - edge[c]);
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
