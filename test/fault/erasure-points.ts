import type { HeldStatement } from './holding-postgres.js';

/** Where a process is killed: at a statement of PostgreSQL, or at one of the engine, which arrives there later. */
export type Point = HeldStatement | RegExp;

const sent = (name: string, behind?: string): HeldStatement => ({ name, at: 'sent', behind });
const committed = (name: string): HeldStatement => ({ name, at: 'committed' });
const deletesFrom = (table: string) => new RegExp(`DELETE FROM .*\\b${table}\\b`);

const insideCompletion = (name: string) => sent(name, 'erasure_request.complete');
const insideConfirmation = (name: string) => sent(name, 'profile.erase_subject');

/** Every step of an erasure, in the order in which they are taken: behind a commit the one before is not taken again. */
export const requestPoints: readonly Point[] = [
  sent('erasure_request.insert'),
  sent('insert into erased_id'),
  sent('profile.hide_subject'),
  sent('push_subscription.forget_subject', 'erasure_request.insert'),
  sent('jobs.add', 'erasure_request.insert'),
  sent('audit_event.insert', 'erasure_request.insert'),
  committed('erasure_request.insert'),
];

export const workerPoints: Readonly<Record<string, readonly Point[]>> = {
  'empties the queue and the dead letters': [
    sent('erasure_request.begin'),
    committed('erasure_request.begin'),
    sent('ingest_batch.rewrite'),
    sent('erasure_request.note_queued', 'ingest_batch.rewrite'),
    committed('ingest_batch.rewrite'),
    sent('ingest_dead_letter.rewrite'),
    committed('ingest_dead_letter.rewrite'),
    sent('write_turn.take'),
    sent('profile.has_unsent'),
  ],
  'empties the analytics store': [
    /SELECT count\(\) AS events/,
    sent('erasure_request.note_stored'),
    committed('erasure_request.note_stored'),
    ...['events', 'persons', 'person_aliases', 'profiles'].map(deletesFrom),
    /INSERT INTO .*\bprofiles\b/,
  ],
  'completes in PostgreSQL': [
    sent('erasure_request.complete'),
    ...[
      'profile.erase_subject',
      'profile_alias.send_again',
      'push_subscription.forget_subject',
      'data_export.cancel_of_subject',
      'privacy_request.end_exports_of_organization',
      'jobs.add',
      'audit_event.insert',
      'analytics_version.raise',
    ].map(insideCompletion),
    committed('erasure_request.complete'),
  ],
};

export const confirmationPoints: readonly Point[] = [
  sent('erasure_request.scope'),
  sent('ingest_batch.last_of_project'),
  sent('write_turn.take'),
  ...['events', 'persons', 'person_aliases', 'profiles'].map(deletesFrom),
  sent('profile.erase_subject'),
  ...['erasure_request.forget_scope', 'analytics_version.raise'].map(insideConfirmation),
  committed('erasure_request.forget_scope'),
];
