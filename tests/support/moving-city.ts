/** A small city whose windows and units are moved about: hall below north, and a window with a terminal in each of hall, north and south. */
import type { OpenPorts } from './port-homes.ts';
import { plant } from './tree.ts';

export const UNITS = ['city', 'north', 'south', 'hall'];
export const WINDOWS = ['w1', 'w2', 'w3'];

/** @returns the journal of each window's terminal. */
export async function plantMovingCity(ports: OpenPorts): Promise<number[]> {
  await plant(ports, {
    units: [
      { id: 'city', name: '市' },
      ...['north', 'south'].map((id) => ({ id, parentId: 'city', name: id })),
      { id: 'hall', parentId: 'north', name: '厅' },
    ],
    windows: ['hall', 'north', 'south'].map((unitId, at) => ({ id: `w${at + 1}`, unitId, name: 'w' })),
    terminals: WINDOWS.map((windowId, at) => ({ id: `t-${at + 1}`, windowId })),
  });
  const journals: number[] = [];
  for (const at of WINDOWS.keys())
    journals.push((await ports.ledger.openJournal(at + 1, String(at).padStart(32, 'a'))).key);
  return journals;
}
