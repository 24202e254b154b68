export { type DataSubject, type DataSubjectContribution, DataSubjects } from './data-subjects.js';
export { holdErasures, takeErasureTurn } from './erasure-lock.js';
export { eraseBy } from './erase-by.js';
export {
  type ExportedObject,
  type ExportFile,
  type ExportPage,
  type ExportSubject,
  memberFile,
  organizationFile,
  pageReader,
} from './export-file.js';
export { type ErasedMember, PersonalData, type PersonalDataContribution } from './personal-data.js';
