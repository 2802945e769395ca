"""All particulars the law lists, and the number somebody used that was another's."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('population', '0004_after_a_restore'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='birth_place',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='person',
            name='birth_registry',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='person',
            name='marital',
            field=models.CharField(blank=True, choices=[('single', 'single'), ('married', 'married'), ('widowed', 'widowed'), ('divorced', 'divorced')], db_default='', default='', max_length=8),
        ),
        migrations.AddField(
            model_name='person',
            name='religion',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='person',
            name='spouse',
            field=models.CharField(blank=True, db_default='', default='', max_length=12),
        ),
        migrations.AddField(
            model_name='personalidrow',
            name='formerly',
            field=models.CharField(blank=True, db_default='', default='', max_length=12),
        ),
        migrations.AlterField(
            model_name='person',
            name='standing',
            field=models.CharField(choices=[('active', 'active'), ('deceased', 'deceased'), ('missing', 'missing'), ('declared_dead', 'declared_dead'), ('left', 'left'), ('renounced', 'renounced'), ('pending', 'pending')], max_length=13),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(condition=models.Q(('mother', ''), _negated=True), fields=['mother'], name='population_mother'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(condition=models.Q(('father', ''), _negated=True), fields=['father'], name='population_father'),
        ),
        migrations.AddIndex(
            model_name='personalidrow',
            index=models.Index(condition=models.Q(('formerly', ''), _negated=True), fields=['formerly'], name='population_formerly'),
        ),
    ]
