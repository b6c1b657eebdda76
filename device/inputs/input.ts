/** The port of everything that can be pressed. A driver reports raw edges and faults; it decides nothing. */

/** In the order of RATINGS: 0 satisfied, 1 basically, 2 unsatisfied. */
export type ButtonIndex = 0 | 1 | 2;

export type Edge = {
  button: ButtonIndex;
  pressed: boolean;
  /**
   * When it happened, milliseconds on CLOCK_MONOTONIC. A driver that can only look at a level (not at the kernel's time of the
   * event) dates a release at the moment it last saw the button pressed, so that a late look never makes a press longer.
   */
  monoMs: number;
};

/** `active: false` takes back the fault of the same code. */
export type InputFault = { code: string; message: string; active: boolean };

/** Faults of an input that sees no press now. */
export const BLIND: readonly string[] = ['start-failed', 'gpiomon-lost', 'gpio-read-failed', 'keyboard-lost'];

export type InputDriver = {
  readonly name: InputName;
  /** Resolves when edges are being seen. Rejects with a coded error when this input cannot work on this machine. */
  start(onEdge: (edge: Edge) => void, onFault: (fault: InputFault) => void): Promise<void>;
  /** Safe to call twice and before `start`; no edge and no fault comes after it. */
  stop(): Promise<void>;
};

export const INPUT_NAMES = ['keyboard', 'gpio-sysfs', 'gpio-line'] as const;
export type InputName = (typeof INPUT_NAMES)[number];

/** Three buttons and perhaps a lamp on one GPIO chip. */
export type GpioWiring = {
  /** The chip's label, e.g. `pinctrl-bcm2711`: numbers and bases move between kernels, labels do not. */
  chip: string;
  /** Line offsets on that chip, in the order of the buttons. */
  buttons: readonly [number, number, number];
  /** True for buttons to ground with a pull-up. */
  activeLow: boolean;
  /** Line offset of the thank-you lamp. */
  lamp?: number | undefined;
};
