// What a compiled file says of itself: the machine it is for, and the newest C library that it asks for.
import { readFileSync } from 'node:fs';

/** @returns {{ machine: number, glibc: [number, number] }} machine as in the ELF header: 62 x86-64, 183 AArch64 */
export function readElf(path) {
  const bytes = readFileSync(path);
  if (bytes.subarray(0, 4).toString('latin1') !== '\x7fELF') throw new Error(`not-elf: ${path}`);
  let glibc = [0, 0];
  for (const [, major, minor] of bytes.toString('latin1').matchAll(/\0GLIBC_(\d+)\.(\d+)(?=[\0.])/g)) {
    const found = [Number(major), Number(minor)];
    if (found[0] > glibc[0] || (found[0] === glibc[0] && found[1] > glibc[1])) glibc = found;
  }
  return { machine: bytes.readUInt16LE(18), glibc };
}

/** @throws when the file is for another machine, or asks for a newer C library than promised */
export function assertFits(path, machine, [major, minor]) {
  const { machine: found, glibc } = readElf(path);
  if (found !== machine)
    throw new Error(`wrong-machine: ${path} is for ELF machine ${found}, not ${machine}`);
  if (glibc[0] > major || (glibc[0] === major && glibc[1] > minor))
    throw new Error(`glibc-too-new: ${path} needs GLIBC_${glibc.join('.')}; ${major}.${minor} is promised`);
}
