import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { EventModule } from '../event/index.js';
import { ProfileModule } from '../profile/index.js';
import { ProjectModule, Projects } from '../project/index.js';
import {
  CheckDataImport,
  ExpireDataImport,
  ImportSlots,
  RemoveImportFile,
  RunDataImport,
  UndoDataImport,
} from './data-import.jobs.js';
import { DataImportRpc } from './data-import.rpc.js';
import { DataImportStore } from './data-import.store.js';
import { DataImports } from './data-imports.service.js';
import { ImportLane } from './import-lane.js';
import { ImportReader } from './import-reader.js';
import { ImportRuns } from './import-run.js';
import { ImportedEvents } from './imported-events.js';
import { dataImportPersonalData } from './personal-data.store.js';
import { UploadedFiles } from './uploaded-file.js';

/**
 * An import takes a file of events and persons into a project: an export of this product or of another one.
 *
 * - A file imported twice, or a chunk stored twice by a crash, counts once: ids of events follow from the file.
 * - An event belongs to the import that brought it first, or to none if it was live. Undoing an import deletes its events, and no others.
 * - Live events do not wait for imports.
 * - A line that cannot be taken stops no other line. The file is deleted when the import ends.
 */
@Module({
  imports: [EventModule, ProfileModule, ProjectModule],
  controllers: [DataImportRpc],
  providers: [
    CheckDataImport,
    DataImports,
    DataImportStore,
    ExpireDataImport,
    ImportedEvents,
    ImportLane,
    ImportReader,
    ImportRuns,
    ImportSlots,
    RemoveImportFile,
    RunDataImport,
    UndoDataImport,
    UploadedFiles,
  ],
})
export class DataImportModule implements OnModuleInit {
  constructor(
    private readonly projects: Projects,
    private readonly imports: DataImports,
    private readonly personalData: PersonalData,
  ) {}

  onModuleInit(): void {
    this.projects.contribute((scope, { number }) => this.imports.removeOfProject(scope, number));
    this.personalData.contribute(dataImportPersonalData);
  }
}
