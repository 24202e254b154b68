import { figure, ratio, type Table } from '../support/report.js';
import type { Pass, PeerPass } from './measure.js';
import type { HostileRequest } from './request.js';

export interface Measured {
  readonly request: HostileRequest;
  readonly ours: Pass;
  readonly theirs: PeerPass | undefined;
}

const LONGEST_PAUSE_MS = 50;
/** Caches and compiled code grow by less in a pass; a body that is kept, or many streams, are more. */
const HEAP_NOISE_BYTES = 1024 * 1024;

export const head = [
  'request',
  'bytes sent',
  'answer',
  'CPU ms',
  'connect-node, CPU ms',
  'our CPU ÷ its',
  'longest pause ms',
  'by the clock',
  'connect-node, pause ms',
  'heap KiB left',
  'resident KiB',
  'streams left',
  'after',
  'goal',
];

export function rowOf({ request, ours, theirs }: Measured): string[] {
  return [
    request.name,
    figure(ours.sentBytes),
    ours.answer,
    figure(ours.cpuMs, 1),
    theirs ? figure(theirs.cpuMs, 1) : '',
    theirs ? ratio(ours.cpuMs, theirs.cpuMs) : '',
    figure(ours.busyPauseMs, 1),
    figure(ours.pauseMs, 1),
    theirs ? figure(theirs.busyPauseMs, 1) : '',
    figure(ours.heapBytes / 1024),
    figure(ours.residentBytes / 1024),
    figure(ours.left),
    ours.kept ? 'answered' : 'ended',
    goal(ours),
  ];
}

export function summary(measured: readonly Measured[]): Table {
  const refused = measured.filter(({ ours }) => !isAccepted(ours));
  const largest = (of: (pass: Pass) => number): string =>
    figure(Math.max(...refused.map(({ ours }) => of(ours))), 1);
  const broken = measured.filter(({ ours }) => goal(ours) === 'missed');
  return {
    title: 'Together',
    head: ['what', 'figure'],
    rows: [
      ['requests of a kind that is refused', figure(refused.length)],
      ['of them, the goal is missed by', figure(broken.length)],
      ['longest pause, ms', largest((pass) => pass.busyPauseMs)],
      ['most processor time, ms', largest((pass) => pass.cpuMs)],
      ['most streams and sockets left', largest((pass) => pass.left)],
      ['accepted, for comparison', figure(measured.length - refused.length)],
    ],
  };
}

function goal(pass: Pass): string {
  if (isAccepted(pass)) return 'accepted';
  const met = pass.busyPauseMs <= LONGEST_PAUSE_MS && pass.heapBytes <= HEAP_NOISE_BYTES && pass.left === 0;
  return met ? 'met' : 'missed';
}

/** gRPC says in its own status what HTTP does not. */
function isAccepted({ answer }: Pass): boolean {
  return /^2\d\d(?: grpc 0)?$/.test(answer);
}
