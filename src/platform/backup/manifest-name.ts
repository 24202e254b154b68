/** Written last: without it a backup is incomplete. */
export const manifestName = 'manifest.json';
