import { Module, type OnModuleInit } from '@nestjs/common';
import { DataSubjects, PersonalData } from '../../../platform/personal-data/index.js';
import { ProfileModule } from '../profile/index.js';
import { ProjectModule, Projects } from '../project/index.js';
import { MakeDataExport, RemoveDataExport } from './data-export.jobs.js';
import { DataExportRpc } from './data-export.rpc.js';
import { DataExportStore } from './data-export.store.js';
import { DataExports } from './data-exports.service.js';
import { ExportedEvents } from './exported-events.js';
import { FileWriter } from './file-writer.js';
import { dataExportPersonalData } from './personal-data.store.js';

/**
 * An export is what a project has collected, or what is known of one of its persons, as files.
 *
 * - A file holds exactly the stored events of one moment, each once, with the types of their properties: imported elsewhere,
 *   it yields the same answers.
 * - One export of an organization is made at a time. One that is broken off is made again from the beginning.
 * - Files are deleted after a week, with the project, and when a person is erased whom they may hold; the record forgets with
 *   them whose data they were.
 */
@Module({
  imports: [ProfileModule, ProjectModule],
  controllers: [DataExportRpc],
  providers: [DataExports, DataExportStore, ExportedEvents, FileWriter, MakeDataExport, RemoveDataExport],
})
export class DataExportModule implements OnModuleInit {
  constructor(
    private readonly projects: Projects,
    private readonly exports: DataExports,
    private readonly personalData: PersonalData,
    private readonly subjects: DataSubjects,
  ) {}

  onModuleInit(): void {
    this.projects.contribute((scope, { number }) => this.exports.removeOfProject(scope, number));
    this.personalData.contribute(dataExportPersonalData);
    this.subjects.contribute(this.exports);
  }
}
