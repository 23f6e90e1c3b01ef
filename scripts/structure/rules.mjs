// The rules for imports in dependency-cruiser's format; all of them follow from the layers.
import { DOORS, LAYERS } from './layers.mjs';

const rooms = LAYERS.map(([room]) => room);

/** The files of a room, without those of a room inside it. */
function filesOf(room) {
  const inner = rooms.filter((other) => other.startsWith(`${room}/`)).map((other) => other.slice(room.length + 1));
  return inner.length === 0 ? `^lib/${room}/` : `^lib/${room}/(?!(?:${inner.join('|')})/)`;
}

const upward = rooms.slice(0, -1).map((room, index) => ({
  name: `${room} is below what it imports`,
  severity: 'error',
  from: { path: filesOf(room) },
  to: { path: [...rooms.slice(index + 1).map(filesOf), '^lib/[^/]+\\.ts$'] },
}));

export const RULES = [
  ...upward,
  { name: 'no cycle', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'every file is in a room',
    severity: 'error',
    from: { path: '^lib/', pathNot: [...rooms.map(filesOf), '^lib/(?:index|cli)\\.ts$'] },
    to: {},
  },
  {
    name: 'commands enter other rooms by their doors',
    severity: 'error',
    from: { path: '^lib/commands/' },
    to: { path: DOORS.map((room) => `^lib/${room}/(?!(?:index|internal)\\.ts$)`) },
  },
];
