export declare function fieldsOf(value: unknown): string[];
