/* cli/slurm_script: the script of a pilot. It holds nothing of others but the lines of `setup`,
 * which are shell: what the pilot runs comes to it as words of its command line. */
#include "slurm.h"

#include <string.h>

/* A signal before the pilot is there is not lost, and one that the pilot could not yet catch is no
 * failure. Three quarters of the memory are planned with: what a process takes is never all
 * values. */
static const char before[] =
    "#!/bin/bash -l\n"
    "# A pilot of rise-run, as sbatch took it; its words are what it runs.\n"
    "leave= pilot=\n"
    "ask_to_leave() { leave=1; [ -z \"$pilot\" ] || kill -USR1 \"$pilot\" 2>/dev/null; }\n"
    "trap ask_to_leave USR1 TERM\n"
    "export RISE_JOB=${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}\n"
    "# ---- setup\n";
static const char memory_of_job[] =
    "[ \"${SLURM_MEM_PER_NODE:-0}\" -lt 4 ] || set -- \"$@\" --memory "
    "\"$((SLURM_MEM_PER_NODE * 3 / 4))M\"\n";
static const char jobs_of_job[] = "[ -z \"$SLURM_CPUS_ON_NODE\" ] || set -- \"$@\" --jobs "
                                  "\"$SLURM_CPUS_ON_NODE\"\n";
static const char after[] =
    "[ -z \"$leave\" ] || exit 0\n"
    "\"$@\" &\n"
    "pilot=$!\n"
    "[ -z \"$leave\" ] || kill -USR1 \"$pilot\"\n"
    "wait \"$pilot\"\n"
    "code=$?\n"
    "while [ \"$code\" -gt 128 ] && kill -0 \"$pilot\" 2>/dev/null; do\n"
    "    wait \"$pilot\"\n"
    "    code=$?\n"
    "done\n"
    "[ -z \"$leave\" ] || [ \"$code\" -eq 137 ] || [ \"$code\" -le 128 ] || code=0\n"
    "[ \"$code\" -eq 0 ] || echo \"the pilot ended with exit code $code\" >&2\n"
    "exit \"$code\"\n";

rise_status script_write(const jobs *j, const pilot_class *c, const cli_options *o, char path[4400],
                         rise_error *err) {
    file_out file;
    snprintf(path, 4400, "%s/pilot%s%s.sh", j->folder, c->name[0] ? "-" : "", c->name);
    rise_status s = file_begin(&file, path, false, err);
    if (s != RISE_OK)
        return s;
    fputs(before, file.f);
    fputs(c->ask.setup ? c->ask.setup : "", file.f);
    fputs("\n# ----\n", file.f);
    fputs(o->run.memory ? "" : memory_of_job, file.f);
    fputs(o->run.jobs ? "" : jobs_of_job, file.f);
    fputs(after, file.f);
    return file_end(&file, RISE_OK, err);
}
