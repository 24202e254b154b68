import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deletes the row of a person and returns the address, by which each module then erases what it keeps. */
export class ContributedErasure implements MigrationInterface {
  readonly name = 'ContributedErasure1000000000050';

  async up(runner: QueryRunner): Promise<void> {
    // A person who is a member of any organization stays: foreign keys see the members that row-level security hides.
    await runner.query(`
      create function delete_identity(gone uuid) returns text language plpgsql as $$
      declare address text;
      begin
        delete from identity where id = gone returning email into address;
        return address;
      exception when foreign_key_violation or restrict_violation then
        return null;
      end $$`);
    await runner.query('drop function forget_identity(uuid)');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
