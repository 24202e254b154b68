/** Something that stops a start until an operator has mended it. The start refuses with it, the doctor finds it before. */
export interface Obstacle {
  readonly subject: string;
  readonly text: string;
  /** What the operator does about it. */
  readonly advice: string;
}

export class ObstacleError extends Error {
  override name = 'ObstacleError';

  constructor(readonly obstacles: readonly Obstacle[]) {
    super(obstacles.map(({ text, advice }) => `${text} ${advice}`).join('\n'));
  }
}
