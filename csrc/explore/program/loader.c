/* SPDX-License-Identifier: MIT */
/* loader: see loader.h. Source: System V ABI (gABI, psABI x86-64 and AArch64), chapter 5. */
#define _GNU_SOURCE
#include "program/loader.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/chooser.h"
#include "program/layout.h"

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
enum {
    REL_RELATIVE = R_X86_64_RELATIVE,
    REL_WORD = R_X86_64_64,
    REL_GOT = R_X86_64_GLOB_DAT,
    REL_CALL = R_X86_64_JUMP_SLOT,
    REL_TLS_MODULE = R_X86_64_DTPMOD64,
    REL_TLS_OFFSET = R_X86_64_DTPOFF64,
    REL_TLS_DESCRIPTOR = R_X86_64_TLSDESC,
    REL_RESOLVER = R_X86_64_IRELATIVE
};
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
enum {
    REL_RELATIVE = R_AARCH64_RELATIVE,
    REL_WORD = R_AARCH64_ABS64,
    REL_GOT = R_AARCH64_GLOB_DAT,
    REL_CALL = R_AARCH64_JUMP_SLOT,
    REL_TLS_MODULE = R_AARCH64_TLS_DTPMOD,
    REL_TLS_OFFSET = R_AARCH64_TLS_DTPREL,
    REL_TLS_DESCRIPTOR = R_AARCH64_TLSDESC,
    REL_RESOLVER = R_AARCH64_IRELATIVE
};
#else
#error "the loader knows the relocations of x86-64 and AArch64 only"
#endif

struct loader {
    struct image *image;
    loader_resolver resolve;
    void *self;
    char *problem;
    size_t problem_bytes;
    const Elf64_Sym *symbols; /* .dynsym */
    const char *strings;
    uintptr_t relro_end;
};

static bool refuse(struct loader *loader, const char *format, const char *what) {
    snprintf(loader->problem, loader->problem_bytes, format, what);
    return false;
}

static const Elf64_Phdr *headers(const struct image *image, size_t *count) {
    const Elf64_Ehdr *elf = image->file;
    *count = elf->e_phnum;
    return (const Elf64_Phdr *)((const char *)image->file + elf->e_phoff);
}

static bool open_file(struct loader *loader, const char *path) {
    struct image *image = loader->image;
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        if (descriptor >= 0)
            close(descriptor);
        return refuse(loader, "cannot read %s", path);
    }
    image->file_bytes = (size_t)status.st_size;
    image->file =
        image->file_bytes < sizeof(Elf64_Ehdr)
            ? MAP_FAILED
            : mmap(NULL, image->file_bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    if (image->file == MAP_FAILED)
        return refuse(loader, "%s is not a shared object", path);
    const Elf64_Ehdr *elf = image->file;
    if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_type != ET_DYN ||
        elf->e_machine != MACHINE || elf->e_ident[EI_CLASS] != ELFCLASS64)
        return refuse(loader, "%s is not a shared object of this machine", path);
    return true;
}

static bool map_segment(struct loader *loader, const Elf64_Phdr *header) {
    struct image *image = loader->image;
    uintptr_t start = image->base + header->p_vaddr;
    const char *bytes = (const char *)image->file + header->p_offset;

    if (header->p_offset + header->p_filesz > image->file_bytes)
        return refuse(loader, "the shared object is cut short%s", "");
    memcpy((void *)start, bytes, header->p_filesz);
    if (header->p_flags & PF_X) {
        image->code_start = start;
        image->code_end = start + header->p_memsz;
    }
    if (header->p_flags & PF_W) {
        if (!image->writable_start)
            image->writable_start = start;
        image->writable_end = start + header->p_memsz;
    }
    return true;
}

static bool map_segments(struct loader *loader) {
    struct image *image = loader->image;
    size_t count;
    const Elf64_Phdr *header = headers(image, &count);
    uintptr_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        if (header[i].p_type == PT_LOAD && header[i].p_vaddr + header[i].p_memsz > bytes)
            bytes = header[i].p_vaddr + header[i].p_memsz;
    bytes = image_page_up(bytes);
    if (bytes == 0 || bytes > LAYOUT_IMAGE_BYTES)
        return refuse(loader, "the program has no segments, or more than 4 GiB of them%s",
                      "");
    void *place =
        mmap((void *)LAYOUT_IMAGE, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (place != (void *)LAYOUT_IMAGE)
        return refuse(loader, "the address range of the program is taken%s", "");
    image->base = LAYOUT_IMAGE;
    image->end = image->base + bytes;
    for (size_t i = 0; i < count; i++)
        if (header[i].p_type == PT_LOAD && !map_segment(loader, &header[i]))
            return false;
    return true;
}

static void note_special_segments(struct loader *loader) {
    struct image *image = loader->image;
    size_t count;
    const Elf64_Phdr *header = headers(image, &count);

    image->tls_alignment = 1;
    for (size_t i = 0; i < count; i++) {
        uintptr_t start = image->base + header[i].p_vaddr;
        if (header[i].p_type == PT_TLS) {
            image->tls_image = start;
            image->tls_file_bytes = header[i].p_filesz;
            image->tls_bytes = header[i].p_memsz;
            image->tls_alignment = header[i].p_align ? header[i].p_align : 1;
        } else if (header[i].p_type == PT_GNU_RELRO) {
            loader->relro_end = start + header[i].p_memsz;
        } else if (header[i].p_type == PT_GNU_EH_FRAME) {
            image->unwind_header = start;
        } else if (header[i].p_type == PT_GNU_STACK) {
            image->runs_on_stacks = (header[i].p_flags & PF_X) != 0;
        }
    }
}

static const char *symbol_name(const struct loader *loader, const Elf64_Sym *symbol) {
    return loader->strings + symbol->st_name;
}

/* A C++ library inside the image brings its own guards of function-local statics; ours wait. */
static bool is_replaced(const char *name) {
    return strncmp(name, "__cxa_guard_", 12) == 0;
}

static bool symbol_address(struct loader *loader, uint32_t index, uintptr_t *address) {
    const Elf64_Sym *symbol = &loader->symbols[index];
    bool is_weak = ELF64_ST_BIND(symbol->st_info) == STB_WEAK;

    *address = 0;
    if (index == 0)
        return true;
    if (symbol->st_shndx != SHN_UNDEF && !is_replaced(symbol_name(loader, symbol))) {
        *address = loader->image->base + symbol->st_value;
        return ELF64_ST_TYPE(symbol->st_info) != STT_GNU_IFUNC ||
               chooser_ask(*address, address, loader->problem, loader->problem_bytes);
    }
    *address = loader->resolve(loader->self, symbol_name(loader, symbol), is_weak);
    if (*address || is_weak)
        return true;
    return refuse(loader, "the program needs `%s`, which the explorer does not provide",
                  symbol_name(loader, symbol));
}

static bool relocate_one(struct loader *loader, const Elf64_Rela *relocation) {
    uintptr_t *place = (uintptr_t *)(loader->image->base + relocation->r_offset);
    uint32_t type = (uint32_t)ELF64_R_TYPE(relocation->r_info);
    uint32_t index = (uint32_t)ELF64_R_SYM(relocation->r_info);
    uintptr_t addend = (uintptr_t)relocation->r_addend;
    uintptr_t target;

    switch (type) {
    case 0:
        return true;
    case REL_RELATIVE:
        *place = loader->image->base + addend;
        return true;
    case REL_RESOLVER:
        return chooser_ask(loader->image->base + addend, place, loader->problem,
                           loader->problem_bytes);
    case REL_WORD:
    case REL_GOT:
    case REL_CALL:
        if (!symbol_address(loader, index, &target))
            return false;
        *place = target + (type == REL_WORD || MACHINE == EM_AARCH64 ? addend : 0);
        return true;
    case REL_TLS_MODULE:
        *place = 1;
        return true;
    case REL_TLS_DESCRIPTOR: /* a function, and what it is asked for: see tls_calls.c */
        place[0] = loader->resolve(loader->self, "tls descriptor", true);
        place[1] = (index ? loader->symbols[index].st_value : 0) + addend;
        return place[0] != 0 ||
               refuse(loader, "thread-local variables by descriptor%s", "");
    case REL_TLS_OFFSET:
        *place = (index ? loader->symbols[index].st_value : 0) + addend;
        return true;
    default:
        break;
    }
    char number[64];
    snprintf(number, sizeof number, "%u at offset %#lx", type,
             (unsigned long)relocation->r_offset);
    return refuse(loader,
                  "relocation of type %s: was the program compiled with -fPIC "
                  "-ftls-model=global-dynamic?",
                  number);
}

/* Whether code of the program says what the word becomes: only once the others are there. */
static bool is_asked(const struct loader *loader, const Elf64_Rela *relocation) {
    const Elf64_Sym *symbol = &loader->symbols[ELF64_R_SYM(relocation->r_info)];

    return ELF64_R_TYPE(relocation->r_info) == REL_RESOLVER ||
           (symbol->st_shndx != SHN_UNDEF &&
            ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC);
}

static bool relocate_table(struct loader *loader, uintptr_t table, size_t bytes,
                           bool asked) {
    const Elf64_Rela *relocation = (const Elf64_Rela *)table;

    for (size_t i = 0; i < bytes / sizeof *relocation; i++)
        if (is_asked(loader, &relocation[i]) == asked &&
            !relocate_one(loader, &relocation[i]))
            return false;
    return true;
}

/* DT_RELR: an address, then bitmaps of which of the following words are to be moved. */
static void relocate_packed(struct loader *loader, const uintptr_t *entry, size_t bytes) {
    uintptr_t base = loader->image->base;
    uintptr_t *next = NULL;

    for (size_t i = 0; i < bytes / sizeof *entry; i++) {
        if (!(entry[i] & 1)) {
            next = (uintptr_t *)(base + entry[i]);
            *next++ += base;
            continue;
        }
        for (unsigned bit = 1; bit < 64; bit++)
            if (entry[i] >> bit & 1)
                next[bit - 1] += base;
        next += 63;
    }
}

struct dynamic_table {
    uintptr_t value[DT_RELR + 1];
};

static bool read_dynamic(struct loader *loader, struct dynamic_table *table) {
    size_t count;
    const Elf64_Phdr *header = headers(loader->image, &count);

    memset(table, 0, sizeof *table);
    for (size_t i = 0; i < count; i++) {
        if (header[i].p_type != PT_DYNAMIC)
            continue;
        const Elf64_Dyn *entry =
            (const Elf64_Dyn *)(loader->image->base + header[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag > 0 && entry->d_tag <= DT_RELR)
                table->value[entry->d_tag] = entry->d_un.d_val;
        return true;
    }
    return refuse(loader, "the shared object has no dynamic section%s", "");
}

static bool relocate(struct loader *loader) {
    struct image *image = loader->image;
    struct dynamic_table dynamic;

    if (!read_dynamic(loader, &dynamic))
        return false;
    if (dynamic.value[DT_TEXTREL])
        return refuse(loader, "the program's code needs relocation: compile with -fPIC%s",
                      "");
    loader->symbols = (const Elf64_Sym *)(image->base + dynamic.value[DT_SYMTAB]);
    loader->strings = (const char *)(image->base + dynamic.value[DT_STRTAB]);
    relocate_packed(loader, (const uintptr_t *)(image->base + dynamic.value[DT_RELR]),
                    dynamic.value[DT_RELRSZ]);
    for (int asked = 0; asked < 2; asked++)
        if (!relocate_table(loader, image->base + dynamic.value[DT_RELA],
                            dynamic.value[DT_RELASZ], asked) ||
            !relocate_table(loader, image->base + dynamic.value[DT_JMPREL],
                            dynamic.value[DT_PLTRELSZ], asked))
            return false;
    image->constructors = image->base + dynamic.value[DT_INIT_ARRAY];
    image->constructor_count = dynamic.value[DT_INIT_ARRAYSZ] / sizeof(uintptr_t);
    image->destructors = image->base + dynamic.value[DT_FINI_ARRAY];
    image->destructor_count = dynamic.value[DT_FINI_ARRAYSZ] / sizeof(uintptr_t);
    return true;
}

static void find_symbols(struct image *image) {
    const Elf64_Ehdr *elf = image->file;
    const char *file = image->file;
    const Elf64_Shdr *section = (const Elf64_Shdr *)(file + elf->e_shoff);
    uint32_t wanted = SHT_DYNSYM;

    for (size_t i = 0; i < elf->e_shnum; i++)
        if (section[i].sh_type == SHT_SYMTAB)
            wanted = SHT_SYMTAB;
    for (size_t i = 0; i < elf->e_shnum; i++) {
        if (section[i].sh_type != wanted)
            continue;
        image->symbols = file + section[i].sh_offset;
        image->symbol_count = section[i].sh_size / sizeof(Elf64_Sym);
        image->strings = file + section[section[i].sh_link].sh_offset;
    }
}

/* Before relocation: resolvers of indirect functions already run then. */
static void protect_constants(const struct image *image) {
    size_t count;
    const Elf64_Phdr *header = headers(image, &count);

    for (size_t i = 0; i < count; i++) {
        if (header[i].p_type != PT_LOAD || header[i].p_flags & PF_W)
            continue;
        uintptr_t start = image_page_down(image->base + header[i].p_vaddr);
        uintptr_t end =
            image_page_up(image->base + header[i].p_vaddr + header[i].p_memsz);
        mprotect((void *)start, end - start,
                 PROT_READ | (header[i].p_flags & PF_X ? PROT_EXEC : 0));
    }
}

static void protect_relocated(const struct loader *loader) {
    struct image *image = loader->image;
    uintptr_t start = image_page_down(image->writable_start);
    uintptr_t end = image_page_down(loader->relro_end);

    if (!loader->relro_end)
        return;
    if (end > start)
        mprotect((void *)start, end - start, PROT_READ);
    if (loader->relro_end > image->writable_start)
        image->writable_start = loader->relro_end;
}

/* The compiler's own destructor undoes what a loader does; where it is the only one there is none. */
static void leave_out_start_files(struct image *image) {
    const uintptr_t *destructors = (const uintptr_t *)image->destructors;

    if (image->destructor_count &&
        destructors[0] == image_symbol(image, "__do_global_dtors_aux")) {
        image->destructors += sizeof *destructors;
        image->destructor_count--;
    }
}

bool loader_load(struct image *image, const char *path, loader_resolver resolve,
                 void *self, char *problem, size_t problem_bytes) {
    struct loader loader = {.image = image,
                            .resolve = resolve,
                            .self = self,
                            .problem = problem,
                            .problem_bytes = problem_bytes};

    memset(image, 0, sizeof *image);
    if (!open_file(&loader, path) || !map_segments(&loader))
        return false;
    note_special_segments(&loader);
    find_symbols(image);
    protect_constants(image);
    if (!relocate(&loader))
        return false;
    leave_out_start_files(image);
    protect_relocated(&loader);
    image_track(image);
    return true;
}
