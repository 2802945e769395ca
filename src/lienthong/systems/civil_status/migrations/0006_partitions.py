"""
Spread the entries over hash partitions by the office at registration (decision 31).

The rows move as they are, under the keys they have: their history, their papers and
their audit go on pointing at them. A personal ID must be unique over the whole country,
which no partition can see; it is claimed in a table of its own by triggers that work a
statement at a time, so that a bulk load pays one insert a chunk.
"""

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models import Q

from lienthong.record import history

PARTITIONS = 16
ENTRIES = ("birth", "death", "marriage", "other")


class Spread(Operation):
    """Move a table of entries into partitions by its office; indexes and constraints follow."""

    reversible = False
    reduces_to_sql = False
    atomic = True

    def __init__(self, name):
        self.name = name

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.name)
        table = model._meta.db_table
        columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
        run = schema_editor.execute
        # Checks of foreign keys are deferred, and a table with any pending cannot be altered.
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run(f"ALTER TABLE {table} RENAME TO {table}_before")
        run(
            f"CREATE TABLE {table} (LIKE {table}_before INCLUDING DEFAULTS)"
            " PARTITION BY HASH (office)"
        )
        for remainder in range(PARTITIONS):
            run(
                f"CREATE TABLE {table}_p{remainder:02d} PARTITION OF {table}"
                f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {remainder})"
            )
        run(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}_before")
        run(f"DROP TABLE {table}_before")
        # The key leads: pages ask for an entry by its key and do not know its office.
        run(f"ALTER TABLE {table} ADD PRIMARY KEY (key, office)")
        run(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_statement FOREIGN KEY (statement_id)"
            " REFERENCES civil_status_importstatement (key) DEFERRABLE INITIALLY DEFERRED"
        )
        for statement in schema_editor._model_indexes_sql(model):
            run(statement)
        for constraint in model._meta.constraints:
            schema_editor.add_constraint(model, constraint)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        raise NotImplementedError

    def describe(self):
        return f"Spread {self.name} over partitions"


def held(name, column, what="id"):
    return migrations.AddIndex(
        model_name=f"{name}registration",
        index=models.Index(
            condition=Q((f"{column}__isnull", False)),
            fields=[column],
            name=f"civil_status_{name}_{what}",
        ),
    )


def one_form(name):
    return migrations.AddConstraint(
        model_name=f"{name}registration",
        constraint=models.UniqueConstraint(
            condition=Q(("form_token__isnull", False)),
            fields=("office", "form_token"),
            name=f"civil_status_{name}_form",
        ),
    )


def altered(name, column, field):
    return migrations.AlterField(
        model_name=f"{name}registration", name=column, field=field
    )


STATE = [
    *(
        altered(
            name,
            "statement",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=models.deletion.PROTECT,
                to="civil_status.importstatement",
            ),
        )
        for name in ENTRIES
    ),
    altered("birth", "personal_id", models.CharField(max_length=12, null=True)),
    altered("birth", "id_successor", models.CharField(max_length=12, null=True)),
    altered("birth", "form_token", models.UUIDField(null=True)),
    altered("death", "form_token", models.UUIDField(null=True)),
    migrations.RemoveConstraint(
        model_name="deathregistration", name="civil_status_one_death"
    ),
    one_form("birth"),
    one_form("death"),
    held("birth", "personal_id"),
    held("birth", "id_successor", "next"),
    held("death", "personal_id"),
]

CLAIM_BIRTHS = """
CREATE FUNCTION civil_status_claim_births() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO civil_status_numberclaim (number, purpose, entry)
        SELECT held.number, 'birth', fresh.key
        FROM fresh, unnest(ARRAY[fresh.personal_id, fresh.id_successor]) AS held (number)
        WHERE held.number IS NOT NULL;
        RETURN NULL;
    END IF;
    DELETE FROM civil_status_numberclaim c USING gone
    WHERE c.entry = gone.key AND c.purpose = 'birth'
        AND (gone.personal_id IS NOT NULL OR gone.id_successor IS NOT NULL);
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO civil_status_numberclaim (number, purpose, entry)
        SELECT held.number, 'birth', fresh.key
        FROM fresh, unnest(ARRAY[fresh.personal_id, fresh.id_successor]) AS held (number)
        WHERE held.number IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$
"""
CLAIM_DEATHS = """
CREATE FUNCTION civil_status_claim_deaths() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM civil_status_numberclaim c USING gone
        WHERE c.entry = gone.key AND c.purpose = 'death' AND gone.personal_id IS NOT NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO civil_status_numberclaim (number, purpose, entry)
        SELECT fresh.personal_id, 'death', fresh.key FROM fresh
        WHERE fresh.personal_id IS NOT NULL AND fresh.withdrawn_on IS NULL;
    END IF;
    RETURN NULL;
END
$$
"""
SEEN = {
    "INSERT": "NEW TABLE AS fresh",
    "UPDATE": "NEW TABLE AS fresh OLD TABLE AS gone",
    "DELETE": "OLD TABLE AS gone",
}


def claims(name):
    """The triggers of one table; one for each deed, as transition tables ask."""
    table, function = f"civil_status_{name}registration", f"civil_status_claim_{name}s"
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER claim_{deed.lower()} AFTER {deed} ON {table}"
            f" REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
            f"DROP TRIGGER claim_{deed.lower()} ON {table}",
        )
        for deed, seen in SEEN.items()
    ]


FILL = """
INSERT INTO civil_status_numberclaim (number, purpose, entry)
SELECT held.number, 'birth', b.key
FROM civil_status_birthregistration b,
    unnest(ARRAY[b.personal_id, b.id_successor]) AS held (number)
WHERE held.number IS NOT NULL
UNION ALL
SELECT d.personal_id, 'death', d.key FROM civil_status_deathregistration d
WHERE d.personal_id IS NOT NULL AND d.withdrawn_on IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ("civil_status", "0005_cancelled_numbers"),
        ("record", "0002_row_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="NumberClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=12)),
                ("purpose", models.CharField(choices=[("birth", "birth"), ("death", "death")], max_length=5)),
                ("entry", models.UUIDField()),
            ],
            options={
                "indexes": [models.Index(fields=["entry"], name="civil_status_claim_entry")],
                "constraints": [models.UniqueConstraint(fields=("number", "purpose"), name="civil_status_one_claim")],
            },
        ),
        migrations.SeparateDatabaseAndState(state_operations=STATE),
        *(Spread(f"{name}registration") for name in ENTRIES),
        migrations.RunSQL(CLAIM_BIRTHS, "DROP FUNCTION civil_status_claim_births()"),
        migrations.RunSQL(CLAIM_DEATHS, "DROP FUNCTION civil_status_claim_deaths()"),
        migrations.RunSQL(FILL, "DELETE FROM civil_status_numberclaim"),
        *claims("birth"),
        *claims("death"),
        *(
            history.track(f"civil_status_{name}registration", key="key")
            for name in ENTRIES
        ),
    ]
